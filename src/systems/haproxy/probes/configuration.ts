import { readFile } from 'node:fs/promises';
import type { Snapshot } from '../../../core/change.ts';
import type { Probe } from '../../../core/system.ts';
import { codeOf } from '../../../machine/network/error-code.ts';
import { type StatRow, serverState } from '../../../protocols/haproxy/stat.ts';
import { type HaproxyConnection, observe, readStat } from '../client.ts';
import { documentOf } from '../configuration-file.ts';

export const configuration: Probe<HaproxyConnection> = {
  id: 'haproxy.configuration',
  summary: 'What haproxy.cfg says and what was changed at run time, for the ledger of changes',
  atMostEveryMs: 15_000,
  metrics: {},
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const rows = (await readStat(conn, ctx)).filter((row) => row.kind === 'server');
      const running: Snapshot = {
        document: 'haproxy.servers',
        kind: 'configuration',
        values: Object.fromEntries(rows.map((row) => [`${row.proxy}/${row.name}`, settingsOf(row)])),
      };
      if (conn.file === undefined) {
        return {
          readings: [],
          snapshots: [running],
          missing: [
            {
              metrics: ['*'],
              reason: 'haproxy.cfg is not declared, so what changes in it is not seen',
              remedy: 'config: /etc/haproxy/haproxy.cfg',
            },
          ],
        };
      }
      try {
        const values = documentOf(await readFile(conn.file, 'utf8'));
        return {
          readings: [],
          snapshots: [running, { document: 'haproxy.configuration', kind: 'configuration', values }],
        };
      } catch (error) {
        return {
          readings: [],
          snapshots: [running],
          missing: [
            {
              metrics: ['*'],
              reason: `${conn.file} cannot be read (${codeOf(error) ?? String(error)})`,
              remedy: `setfacl -m u:upkeep:r ${conn.file}`,
            },
          ],
        };
      }
    }),
};

/** What people set, not how it is doing. */
function settingsOf(row: StatRow): string {
  const state = serverState(row.text('status'));
  return [
    row.text('addr') || 'address unknown',
    `weight ${row.text('uweight') || row.text('weight')}`,
    ...(row.text('slim') === '' ? [] : [`maxconn ${row.text('slim')}`]),
    ...(state === 'drain' || state === 'maint' ? [state] : []),
  ].join(', ');
}
