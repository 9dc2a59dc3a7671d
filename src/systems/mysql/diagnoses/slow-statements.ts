import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { look, type Part } from '../../../protocols/mysql/evidence.ts';
import type { MysqlConnection } from '../client.ts';
import { type Digest, digestsSql, isOfOthers, readDigests } from '../digests.ts';
import { grantOf, may } from '../privileges.ts';
import { isBackup, isClient, readSessions, sessionsSql } from '../sessions.ts';

/** Between two looks at the counters; what happened meanwhile is the present. */
const windowMs = 3_000;
const statementColumns = [
  'schema',
  'statement',
  'calls',
  'meanSeconds',
  'share',
  'meanBefore',
  'examinedPerCall',
  'sentPerCall',
] as const;
/** A statement of the present that takes less of the time than this explains little (J). */
const leastShare = 0.2;
/** Below this share of one session's time, most of the time is most of nothing (J). */
const leastBusy = 0.05;

export const slowStatements: Diagnosis<MysqlConnection> = {
  id: 'mysql.slow-statements',
  title: 'slow statements take the time',
  summary: 'Which statements take the time now, which became slower, and which read far more than they give',
  explains: [
    'mysql.slow-statements',
    'mysql.slowed-statement',
    'mysql.full-scans',
    'mysql.threads-running',
    'mysql.tmp-tables',
    'mysql.buffer-pool',
  ],
  async gather(conn, target, ctx) {
    const running = await look(
      conn.quick,
      target,
      ctx,
      { id: 'running-statements', title: 'Statements that run now', how: sessionsSql(true) },
      async (db) => {
        const active = (await readSessions(db)).filter(
          (one) => isClient(one) && !isBackup(one) && one.command === 'Query',
        );
        return {
          table: tableOf(
            ['thread', 'user', 'state', 'seconds', 'statement'],
            active.slice(0, 20).map((one) => ({ ...one })),
          ),
          ...((await may(db, 'sessions'))
            ? {}
            : { unseen: `statements of other users: ${await grantOf(db, 'sessions')}` }),
        };
      },
    );
    const digests = await look(
      conn.work,
      target,
      ctx,
      {
        id: 'statement-digests',
        title: `Statements of ${formatDuration(windowMs)}`,
        how: `${digestsSql}; twice`,
      },
      async (db): Promise<Part> => {
        const first = await readDigests(db);
        if ('missing' in first)
          return { unseen: first.missing.map(({ reason, remedy }) => `${reason}: ${remedy}`).join() };
        await ctx.clock.sleep(windowMs, ctx.signal);
        const second = await readDigests(db);
        if ('missing' in second) return {};
        return { table: tableOf(statementColumns, windowsOf(first.digests, second.digests)) };
      },
    );
    return [running, digests];
  },
  conclude,
};

function windowsOf(before: readonly Digest[], after: readonly Digest[]): Row[] {
  const old = new Map(before.map((digest) => [`${digest.schema} ${digest.digest}`, digest]));
  const windows = after
    .filter((digest) => !isOfOthers(digest))
    .map((now) => {
      const past = old.get(`${now.schema} ${now.digest}`);
      const calls = now.calls - (past?.calls ?? 0);
      return { now, past, calls, seconds: now.seconds - (past?.seconds ?? 0) };
    })
    .filter(({ calls }) => calls > 0);
  const total = windows.reduce((sum, { seconds }) => sum + seconds, 0);
  return windows
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, 10)
    .map(({ now, past, calls, seconds }) => ({
      schema: now.schema,
      statement: now.text,
      calls,
      meanSeconds: seconds / calls,
      share: total > 0 ? seconds / total : 0,
      meanBefore: past !== undefined && past.calls > 0 ? past.seconds / past.calls : null,
      examinedPerCall: (now.examined - (past?.examined ?? 0)) / calls,
      sentPerCall: (now.sent - (past?.sent ?? 0)) / calls,
    }));
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const digests = rowsOf(find(evidence, target, 'statement-digests'));
  const [top] = digests.filter(
    (row) =>
      numberOf(row.share) >= leastShare &&
      numberOf(row.meanSeconds) >= 0.02 &&
      (numberOf(row.calls) * numberOf(row.meanSeconds) * 1_000) / windowMs >= leastBusy,
  );
  const running = rowsOf(find(evidence, target, 'running-statements'));
  const [longest] = running.toSorted((a, b) => numberOf(b.seconds) - numberOf(a.seconds));
  const base = {
    id: 'mysql.slow-statements',
    target,
    evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
    unseen: unseenOf(evidence),
    recommendations: [],
  };
  if (top !== undefined) return [{ ...base, ...wordsOf(top) }];
  if (longest === undefined || numberOf(longest.seconds) < 2) return [];
  return [
    {
      ...base,
      summary: `thread ${numberOf(longest.thread)} (${textOf(longest.user)}) has run one statement for ${formatDuration(numberOf(longest.seconds) * 1_000)}`,
      explanation: `It is in "${textOf(longest.state)}": ${textOf(longest.statement)}. EXPLAIN it; ${running.length} statements run at this moment.`,
      confidence: 0.5,
    },
  ];
}

function wordsOf(row: Row): Pick<Finding, 'summary' | 'explanation' | 'confidence'> {
  const [mean, before] = [numberOf(row.meanSeconds), numberOf(row.meanBefore)];
  const isSlower = before > 0 && mean >= before * 2;
  const perRow = numberOf(row.examinedPerCall) / Math.max(1, numberOf(row.sentPerCall));
  const isScan = numberOf(row.examinedPerCall) >= 1_000 && perRow >= 1_000;
  const took = formatDuration(mean * 1_000);
  return {
    summary: `one statement takes ${Math.round(numberOf(row.share) * 100)} % of the time, ${took} a call${isSlower ? `, ${(mean / before).toFixed(1)} times its mean before` : ''}: ${textOf(row.statement)}`,
    explanation: [
      `It ran ${numberOf(row.calls)} times in ${formatDuration(windowMs)}.`,
      isScan
        ? `It examines ${Math.round(numberOf(row.examinedPerCall))} rows a call and sends ${Math.round(numberOf(row.sentPerCall))}: no index serves its condition.`
        : '',
      isSlower
        ? 'It was faster before: compare its plan (EXPLAIN), the size of its tables, dropped indexes, and what was released when it began.'
        : 'EXPLAIN it, and look whether it waits for locks or for the disk.',
    ]
      .filter(Boolean)
      .join(' '),
    confidence: isScan || isSlower ? 0.85 : 0.65,
  };
}
