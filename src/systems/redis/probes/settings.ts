import type { Probe } from '../../../core/system.ts';
import { notPermitted, observe, type RedisConnection } from '../client.ts';
import { isNotPermitted, isUnknownCommand } from '../failure.ts';
import { type Info, readInfo } from '../info.ts';
import { documentOf, readSettings } from '../settings.ts';

const volatile = 'redis.settings.volatile';

export const settings: Probe<RedisConnection> = {
  id: 'redis.settings',
  summary:
    'How it is set up, for the ledger of changes, and whether its data outlive a restart (CONFIG GET *)',
  // So soon that a change is known when what it breaks is looked into.
  atMostEveryMs: 15_000,
  metrics: {
    [volatile]: {
      summary: '1 where a store or queue neither writes snapshots nor appends, and has no replica that might',
      unit: 'state',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async (ask) => {
      try {
        const found = await readSettings(ask, '*');
        return {
          readings: [
            { metric: volatile, value: isVolatile(found, await readInfo(ask, 'replication'), conn) ? 1 : 0 },
          ],
          snapshots: [{ document: 'redis.settings', kind: 'configuration', values: documentOf(found) }],
        };
      } catch (error) {
        if (isNotPermitted(error)) return { readings: [], missing: [notPermitted(error, conn, [volatile])] };
        if (!isUnknownCommand(error)) throw error;
        const reason = 'CONFIG is not available, so its settings and their changes are not known';
        return {
          readings: [],
          missing: [{ metrics: [volatile], reason, remedy: 'report changes: POST /api/v1/changes' }],
        };
      }
    }),
};

/** A cache may be lost by definition; a replica has its data from elsewhere, and may save where its primary does not. */
function isVolatile(found: ReadonlyMap<string, string>, info: Info, { config }: RedisConnection): boolean {
  if (config.role === 'cache' || info.text('role') === 'slave') return false;
  if ((info.number('connected_slaves') ?? 0) > 0) return false;
  return found.get('save') === '' && found.get('appendonly') === 'no';
}
