import type { Evidence, Finding, Recommendation, Scalar } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { PostgresConnection } from '../client.ts';
import { bytesInWords } from '../in-words.ts';
import type { Query } from '../session.ts';
import { grantMonitor, visibility } from '../visibility.ts';
import { longestText, look } from './evidence.ts';
import { moveReadersAway, readersEvidence } from './readers.ts';
import { logTail } from './server-log.ts';
import { removedWal, removedWalLines } from './wal-removed.ts';

type Row = Readonly<Record<string, Scalar>>;

const standbySql = `
SELECT pg_is_wal_replay_paused() AS paused, current_setting('recovery_min_apply_delay') AS "applyDelay",
       current_setting('max_standby_streaming_delay') AS "conflictDelay",
       (SELECT status FROM pg_stat_wal_receiver) AS receiver,
       (SELECT extract(epoch FROM clock_timestamp() - last_msg_receipt_time)::float8 FROM pg_stat_wal_receiver) AS "silentSeconds",
       pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::float8 AS "unreplayedBytes",
       extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 AS "replayedSeconds",
       (SELECT concat_ws(': ', wait_event_type, wait_event) FROM pg_stat_activity WHERE backend_type = 'startup') AS "replayWaits"`;
const readersSql = `
SELECT a.pid, coalesce(a.usename, '') AS role, a.application_name AS application, a.state,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds, left(a.query, ${longestText}) AS statement
  FROM pg_stat_activity a WHERE a.backend_type = 'client backend' AND a.xact_start IS NOT NULL AND a.pid <> pg_backend_pid()
 ORDER BY a.xact_start LIMIT 5`;
const primarySql = `
SELECT coalesce(nullif(application_name, ''), 'unnamed') || coalesce('@' || host(client_addr), '') AS standby, state,
       pg_wal_lsn_diff(pg_current_wal_lsn(), flush_lsn)::float8 AS "onTheWay",
       pg_wal_lsn_diff(flush_lsn, replay_lsn)::float8 AS unreplayed
  FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup' AND flush_lsn IS NOT NULL ORDER BY pid LIMIT 20`;

/** One segment: less is a moment's work. */
const muchBytes = 16 * 1_048_576;
/** A receiver hears from its upstream every wal_sender_timeout / 2, 30 s by default. */
const silentTooLong = 45;

export const replicaLag: Diagnosis<PostgresConnection> = {
  id: 'postgres.replica-lag',
  title: 'a standby is behind',
  summary: 'Why a standby is behind: replay paused, held by a query, cut off, or slow',
  explains: [
    'postgres.replication-lag',
    'postgres.replication-stalled',
    'postgres.replication-disconnected',
    'postgres.replay-paused',
    'postgres.recovery-conflicts',
    'postgres.standby-missing',
    'postgres.standby-catching-up',
    'postgres.synchronous-standby',
  ],
  async gather(conn, target, ctx) {
    const about = {
      id: 'replay',
      title: 'Where replication stands',
      how: `${standbySql.trim()};\n${primarySql.trim()}`,
    };
    const replay = await look(conn.work, target, ctx, about, readReplay);
    if (replay.facts?.standby !== true) return [replay];
    const readers = await look(
      conn.work,
      target,
      ctx,
      { id: 'standby-readers', title: 'Transactions open on the standby', how: readersSql.trim() },
      async (query) => ({
        table: tableOf(
          ['pid', 'role', 'application', 'state', 'seconds', 'statement'],
          await query<Record<string, Scalar>>(readersSql),
        ),
      }),
    );
    const attempts =
      replay.facts.receiver === 'streaming'
        ? []
        : [
            await look(
              conn.work,
              target,
              ctx,
              {
                id: 'receiver-log',
                title: 'What its log says of the attempts to stream',
                how: 'pg_ls_logdir, pg_read_binary_file',
              },
              async (query) => {
                const tail = await logTail(query, target, ctx);
                if ('unseen' in tail) return tail;
                return { text: removedWalLines(tail.lines, ctx.clock.now()).join('\n') };
              },
            ),
          ];
    return [replay, readers, ...attempts, ...(await readersEvidence(conn, target, ctx))];
  },
  conclude,
};

async function readReplay(query: Query) {
  const who = await visibility(query);
  const unseen = who.seesAll
    ? {}
    : { unseen: `role ${who.user} may not see replication: ${grantMonitor(who.user)}` };
  const [server] = await query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
  if (server?.standby) {
    const [row] = await query<Record<string, Scalar>>(standbySql);
    return { facts: { standby: true, ...row }, ...unseen };
  }
  const rows = await query<Record<string, Scalar>>(primarySql);
  return {
    facts: { standby: false },
    table: tableOf(['standby', 'state', 'onTheWay', 'unreplayed'], rows),
    ...unseen,
  };
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const replay = find(evidence, target, 'replay');
  if (replay?.facts?.standby === undefined) return [];
  const causes =
    replay.facts.standby === true
      ? [
          ofStandby(
            replay.facts,
            rowsOf(find(evidence, target, 'standby-readers')),
            textOf(find(evidence, target, 'receiver-log')?.text),
            target,
          ),
        ]
      : rowsOf(replay).map(ofPrimary);
  return causes.flatMap((cause): Finding[] =>
    cause === undefined
      ? []
      : [
          {
            id: 'postgres.replica-lag',
            target,
            // A replay that somebody paused is resumed; anything else takes its time, which readers need not wait.
            recommendations: replay.facts?.standby === true ? moveReadersAway(evidence, target) : [],
            ...cause,
            evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
            unseen: [
              ...evidence.flatMap((piece) => (piece.unseen === undefined ? [] : [piece.unseen])),
              ...(replay.facts?.standby === true
                ? []
                : ['what the standby itself does: watch it as a target of its own']),
            ],
          },
        ],
  );
}

interface Cause {
  readonly summary: string;
  readonly explanation: string;
  readonly confidence: number;
  readonly recommendations?: readonly Recommendation[];
}

/** @param attempts lines of its log */
function ofStandby(facts: Row, readers: readonly Row[], attempts: string, target: string): Cause | undefined {
  const unreplayed = numberOf(facts.unreplayedBytes);
  const behind = `${bytesInWords(unreplayed)} were received and are not replayed`;
  if (facts.paused === true) {
    return {
      summary: `replay was paused by somebody: ${behind}`,
      explanation:
        'pg_wal_replay_pause was called; nothing is replayed until it is resumed. Somebody may have had a reason: to look at data as they were before a mistake, say.',
      confidence: 0.95,
      recommendations: [
        {
          action: 'postgres.resume-replay',
          target,
          input: {},
          why: 'replay is paused and nothing else holds it up',
        },
      ],
    };
  }
  // Behind on purpose is no trouble.
  if (!/^0/.test(textOf(facts.applyDelay))) return undefined;
  const waits = textOf(facts.replayWaits);
  if (/RecoveryConflict|^Lock: |BufferPin/.test(waits)) return heldByReader(facts, readers, behind, waits);
  // The receiver lives for a moment at each attempt.
  const gone = removedWal(attempts);
  if (gone !== undefined) return gone;
  if (facts.receiver !== 'streaming' || numberOf(facts.silentSeconds) > silentTooLong) {
    const silent =
      facts.silentSeconds === null
        ? ''
        : ` and has heard nothing for ${formatDuration(numberOf(facts.silentSeconds) * 1_000)}`;
    return {
      summary: `the standby gets nothing from its upstream: its receiver is ${textOf(facts.receiver) || 'not running'}${silent}`,
      explanation: `All that was received is ${unreplayed === 0 ? 'replayed' : 'being replayed'}, so the standby itself is well; the way to its upstream, the upstream, or the login there is not (primary_conninfo; its log says why each attempt failed). Its WAL may be gone from the upstream meanwhile, where no slot keeps it.`,
      confidence: 0.85,
    };
  }
  if (unreplayed < muchBytes) return undefined;
  return {
    summary: `replay is slower than what arrives: ${behind}`,
    explanation: `It streams, is not paused and waits for no query${waits === '' ? '' : `; the replaying process waits for ${waits}`}. One process replays what many sessions wrote: look at the disk of the standby and at what is written to the primary.`,
    confidence: 0.7,
  };
}

function heldByReader(facts: Row, readers: readonly Row[], behind: string, waits: string): Cause {
  const [oldest] = readers;
  const who = oldest
    ? `pid ${numberOf(oldest.pid)} (${[oldest.role, oldest.application, oldest.state]
        .map((part) => textOf(part))
        .filter(Boolean)
        .join(', ')}), open for ${formatDuration(numberOf(oldest.seconds) * 1_000)}`
    : 'a query';
  return {
    summary: `replay waits for ${who}: ${behind}`,
    explanation: `What is to be replayed removes rows or takes locks that a query on the standby still needs (${waits}). max_standby_streaming_delay = ${textOf(facts.conflictDelay)} says how long it waits before it cancels the query${oldest ? `: ${textOf(oldest.statement)}` : ''}. Let the query end, end it, or run long reports elsewhere.`,
    confidence: oldest ? 0.9 : 0.75,
  };
}

function ofPrimary(row: Row): Cause | undefined {
  const onTheWay = numberOf(row.onTheWay);
  const unreplayed = numberOf(row.unreplayed);
  if (Math.max(onTheWay, unreplayed) < muchBytes) return undefined;
  const name = textOf(row.standby);
  return unreplayed >= onTheWay
    ? {
        summary: `standby ${name} has ${bytesInWords(unreplayed)} that it does not replay`,
        explanation:
          'It has received and written them, so the network is not it: replay is paused there, held by a query, or slow.',
        confidence: 0.65,
      }
    : {
        summary: `${bytesInWords(onTheWay)} are on the way to standby ${name}, which replays what it gets`,
        explanation:
          'What it has received it replays: the network, or the disk that the standby writes WAL to, is slower than what the primary writes.',
        confidence: 0.7,
      };
}
