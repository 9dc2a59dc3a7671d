import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, textOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { PostgresConnection } from '../client.ts';
import { look } from './evidence.ts';
import { logTail, matching } from './server-log.ts';
import { removedWal, removedWalLines } from './wal-removed.ts';

/**
 * After a session died of a signal the server ends all others, recovers, and starts its own processes anew, while the
 * first process lives on: its checkpointer is then younger than itself.
 */
const startsSql = `
SELECT extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())::float8 AS "serverSeconds",
       extract(epoch FROM clock_timestamp() - a.backend_start)::float8 AS "checkpointerSeconds"
  FROM pg_stat_activity a WHERE a.backend_type = 'checkpointer'`;

/** The checkpointer starts within a second of the server; recovery after a start may take it longer. */
const apartSeconds = 5;
/** What was longer ago explains no trouble of now. */
const recentSeconds = 900;
const crashLines =
  /was terminated by signal|terminating any other active server processes|PANIC|all server processes terminated; reinitializing|database system was not properly shut down|redo done|database system is ready to accept/;

export const crashRecovered: Diagnosis<PostgresConnection> = {
  id: 'postgres.crash-recovered',
  title: 'a process of the server died',
  summary: 'A process of the server died and all sessions were ended: it recovers, or has recovered',
  explains: [
    'postgres.down',
    'postgres.connections',
    'postgres.connections-full',
    'postgres.connection-churn',
    'postgres.replication-disconnected',
  ],
  async gather(conn, target, ctx) {
    const starts = await look(
      conn.quick,
      target,
      ctx,
      { id: 'starts', title: 'When the server and its own processes began', how: startsSql.trim() },
      async (query) => {
        const [row] = await query<{ serverSeconds: number; checkpointerSeconds: number | null }>(startsSql);
        return { facts: { ...row, lastAnswer: ctx.detail(target) ?? null } };
      },
    );
    const last = ctx.detail(target);
    const answer: Evidence[] =
      last === undefined
        ? []
        : [
            {
              id: `${target}.last-answer`,
              target,
              title: 'Last answer to a login',
              at: ctx.clock.now(),
              how: 'outcome of postgres.liveness',
              text: last,
            },
          ];
    // Nobody can read it through a server that takes no sessions.
    if (starts.unseen !== undefined) return [starts, ...answer, ...startupLog(target, ctx)];
    if (!isYounger(starts)) return [starts, ...answer];
    const log = await look(
      conn.work,
      target,
      ctx,
      {
        id: 'crash-log',
        title: 'What the server logged of it',
        how: 'pg_ls_logdir, pg_read_binary_file',
      },
      async (query) => {
        const tail = await logTail(query, target, ctx);
        return 'unseen' in tail ? tail : { text: matching(tail.lines, crashLines).join('\n') };
      },
    );
    return [starts, ...answer, log];
  },
  conclude,
};

function startupLog(target: string, ctx: DiagnosisContext): Evidence[] {
  const now = ctx.clock.now();
  const followed = ctx.logs(target, { from: now - recentSeconds * 1_000, to: now })?.lines ?? [];
  const lines = removedWalLines(
    followed.map(({ text }) => text),
    now,
  );
  if (lines.length === 0) return [];
  return [
    {
      ...{ id: `${target}.startup-log`, target, at: now, how: `upkeep log search ${target}` },
      title: 'What its log says of the attempts to stream',
      text: lines.join('\n'),
    },
  ];
}

function isYounger({ facts }: Evidence): boolean {
  const checkpointer = facts?.checkpointerSeconds;
  return (
    typeof checkpointer === 'number' &&
    numberOf(facts?.serverSeconds) - checkpointer > apartSeconds &&
    checkpointer <= recentSeconds
  );
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const starts = find(evidence, target, 'starts');
  if (starts === undefined) return [];
  const cited = evidence.filter((piece) => piece.target === target).map((piece) => piece.id);
  const base = { id: 'postgres.crash-recovered', target, evidence: cited, recommendations: [] };
  const wait =
    'Wait, and hold pages of what depends on it meanwhile: a restart would begin recovery anew. If it does not end within 15 minutes, or the log speaks of corruption, a person must look.';
  if (starts.unseen !== undefined) {
    const answer = textOf(starts.facts?.answer);
    if (!/in recovery mode|starting up|not yet accepting/.test(answer)) return [];
    const gone = removedWal(textOf(find(evidence, target, 'startup-log')?.text));
    if (gone !== undefined) return [{ ...base, ...gone, unseen: [] }];
    const isCrash = /in recovery mode/.test(answer);
    return [
      {
        ...base,
        summary: isCrash
          ? 'the server recovers from a crash of one of its processes and takes no sessions until it has'
          : 'the server starts up and takes no sessions yet',
        explanation: `It answers (${answer}), so machine and process are there. ${wait}`,
        // The server says so itself; that it was a crash is plain from its words in the first case only.
        confidence: isCrash ? 0.95 : 0.8,
        unseen: [
          'what began it: its log cannot be read through it now',
          ...(isCrash
            ? []
            : [
                'whether it waits for WAL that its upstream has removed ("requested WAL segment … has already been removed" in its log): then it never gets ready, and is rebuilt by pg_basebackup or from a backup',
              ]),
        ],
      },
    ];
  }
  if (!isYounger(starts)) return [];
  const ago = numberOf(starts.facts?.checkpointerSeconds);
  const log = find(evidence, target, 'crash-log');
  const died = /^.*was terminated by signal (\d+).*$/m.exec(textOf(log?.text));
  const bySignal = died ? `: ${died[0].replace(/^.*?LOG:\s*/, '').trim()}` : '';
  const oom =
    died?.[1] === '9'
      ? ' Signal 9 comes from a person or from the kernel for want of memory: look at the kernel log of its machine.'
      : '';
  return [
    {
      ...base,
      summary: `a process of the server died ${formatDuration(ago * 1_000)} ago and every session was ended; it has recovered${bySignal}`,
      explanation: `The server has run for ${formatDuration(numberOf(starts.facts?.serverSeconds) * 1_000)}, its own processes only for ${formatDuration(ago * 1_000)}: it ended all sessions and recovered, as it does after one of its processes died of a signal. Applications connect anew; what was not committed is rolled back.${oom} Nothing is to be restarted.`,
      // Two clocks of the server agree; the log says why.
      confidence: died ? 0.95 : 0.85,
      onset: Math.round(starts.at - ago * 1_000),
      unseen: log?.unseen === undefined ? [] : [log.unseen],
    },
  ];
}
