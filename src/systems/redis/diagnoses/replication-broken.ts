import type { Evidence } from '../../../core/evidence.ts';
import { rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { RedisConnection } from '../client.ts';
import { type Info, readInfo } from '../info.ts';
import { logLines } from '../log-lines.ts';
import type { Ask } from '../session.ts';
import { documentOf, readSettings } from '../settings.ts';
import { changesOf, look } from './evidence.ts';
import { reach } from './reach.ts';
import { conclude, isQuiet } from './replication-findings.ts';

/** What both sides write when they cannot work together (replication.c, networking.c). */
const ofReplication = /SYNC|MASTER|replica|slave|output buffer limits|primary/i;
const trouble =
  /error|abort|unable|fail|timeout|timed out|lost|denied|WRONGPASS|NOAUTH|closed ASAP|refused|No space/i;

export const replicationBroken: Diagnosis<RedisConnection> = {
  id: 'redis.replication-broken',
  title: 'replication is broken',
  summary: 'A replica that lost its primary, is not there, or is behind: why',
  explains: ['redis.replica-link', 'redis.replica-missing', 'redis.replication-lag', 'redis.full-syncs'],
  async gather(conn, target, ctx) {
    const state = await look(
      conn,
      target,
      ctx,
      { id: 'replication', title: 'Replication as this server sees it', how: 'INFO replication; INFO stats' },
      (ask) => readState(ask, conn),
    );
    const settings = await look(
      conn,
      target,
      ctx,
      {
        id: 'replication-settings',
        title: 'Settings of replication',
        how: 'CONFIG GET repl-*; CONFIG GET client-output-buffer-limit; CONFIG GET masterauth',
      },
      async (ask) => ({
        facts: documentOf(
          await readSettings(
            ask,
            'repl-timeout',
            'repl-backlog-size',
            'client-output-buffer-limit',
            'masterauth',
          ),
        ),
      }),
    );
    const log = logLines(
      target,
      ctx,
      { id: 'replication-log', title: 'What its log says of replication' },
      new RegExp(`(?=.*(${trouble.source}))(${ofReplication.source})`, 'i'),
    );
    const changes = changesOf(
      target,
      ctx,
      /^(replicaof|masterauth|masteruser|requirepass|repl-.*|client-output-buffer-limit|bind|maxclients)$/,
    );
    return [state, settings, ...(await reach(conn, target, ctx, othersOf(state))), ...log, ...changes];
  },
  conclude,
};

async function readState(ask: Ask, conn: RedisConnection): Promise<Pick<Evidence, 'facts' | 'table'>> {
  const info = await readInfo(ask, 'replication', 'stats');
  const isReplica = info.text('role') === 'slave';
  return {
    facts: {
      role: isReplica ? 'replica' : 'primary',
      declared: conn.config.replicas ?? null,
      primary: isReplica ? `${info.text('master_host') ?? ''}:${info.text('master_port') ?? ''}` : null,
      link: info.text('master_link_status') ?? null,
      downSeconds: info.number('master_link_down_since_seconds') ?? null,
      isCopying: info.number('master_sync_in_progress') === 1,
      copyLeftBytes: info.number('master_sync_left_bytes') ?? null,
      offset: info.number('master_repl_offset') ?? null,
      fullSyncs: info.number('sync_full') ?? null,
      refusedPartialSyncs: info.number('sync_partial_err') ?? null,
    },
    table: tableOf(['replica', 'state', 'behindBytes', 'silentSeconds'], replicasOf(info)),
  };
}

function replicasOf(info: Info) {
  const written = info.number('master_repl_offset') ?? 0;
  return info
    .names('slave')
    .filter((name) => /^slave\d+$/.test(name))
    .map((name) => {
      const fields = new Map(
        (info.text(name) ?? '').split(',').map((part): [string, string] => {
          const at = part.indexOf('=');
          return [part.slice(0, at), part.slice(at + 1)];
        }),
      );
      return {
        replica: `${fields.get('ip') ?? ''}:${fields.get('port') ?? ''}`,
        state: fields.get('state') ?? '',
        behindBytes: Math.max(0, written - Number(fields.get('offset') ?? written)),
        silentSeconds: Number(fields.get('lag') ?? 0),
      };
    });
}

/** The other sides that are in question; a replica may reach its primary by another way than we. */
function othersOf(state: Evidence): string[] {
  return state.facts?.link === 'down'
    ? [textOf(state.facts.primary)]
    : rowsOf(state)
        .filter(isQuiet)
        .map((row) => textOf(row.replica));
}
