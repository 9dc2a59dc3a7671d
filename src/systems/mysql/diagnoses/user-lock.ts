import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { look } from '../../../protocols/mysql/evidence.ts';
import type { MysqlConnection } from '../client.ts';
import type { Db } from '../session.ts';
import { isClient, readSessions, sessionsSql, type Thread } from '../sessions.ts';

/** One or two that wait take turns on purpose as a rule: a leader and its stand-by (J). */
const manyWaiters = 3;
/** Names that are looked up, at most. */
const mostNames = 20;
const columns = [
  'thread',
  'user',
  'host',
  'lock',
  'seconds',
  'holder',
  'holderUser',
  'holderHost',
  'holderCommand',
  'holderSeconds',
] as const;

export const userLock: Diagnosis<MysqlConnection> = {
  id: 'mysql.user-lock',
  title: 'sessions wait for a lock of the application',
  summary: 'Sessions wait in GET_LOCK for a lock of the application: its name, who holds it, who waits',
  explains: ['mysql.threads-running', 'mysql.connections', 'mysql.connections-full', 'mysql.down'],
  async gather(conn, target, ctx) {
    const about = {
      id: 'user-locks',
      title: 'Who waits for a lock of the application',
      how: `${sessionsSql(true)}; SELECT IS_USED_LOCK(name)`,
    };
    return [
      await look(conn.quick, target, ctx, about, async (db) => ({
        table: tableOf(columns, await readWaits(db)),
      })),
    ];
  },
  conclude(evidence, target) {
    const rows = rowsOf(find(evidence, target, 'user-locks'));
    const locks = [...new Set(rows.map((row) => textOf(row.lock)))];
    return locks
      .map((lock) => rows.filter((row) => textOf(row.lock) === lock))
      .toSorted((a, b) => b.length - a.length)
      .slice(0, 2)
      .map((waiters) => findingOf(waiters, evidence, target));
  },
};

async function readWaits(db: Db): Promise<Row[]> {
  const sessions = await readSessions(db);
  const waiting = sessions.filter((one) => isClient(one) && /^User lock$/i.test(one.state ?? ''));
  const names = new Set(waiting.map(lockOf));
  const holders = new Map<string, Thread>();
  for (const name of [...names].slice(0, mostNames)) {
    if (name === '') continue;
    const [row] = await db.query<{ holder: number | null }>('SELECT IS_USED_LOCK(?) AS holder', [name]);
    const holder = sessions.find(({ thread }) => thread === Number(row?.holder));
    if (holder !== undefined) holders.set(name, holder);
  }
  return waiting.map((one) => {
    const holder = holders.get(lockOf(one));
    return {
      ...{ thread: one.thread, user: one.user, host: one.host, lock: lockOf(one), seconds: one.seconds },
      holder: holder?.thread ?? null,
      holderUser: holder?.user ?? null,
      holderHost: holder?.host ?? null,
      holderCommand: holder === undefined ? null : `${holder.command} ${holder.statement ?? ''}`.trim(),
      holderSeconds: holder?.seconds ?? null,
    };
  });
}

/** Empty where the name is no literal of the statement. */
function lockOf({ statement }: Pick<Thread, 'statement'>): string {
  const [, single, double] = /\bGET_LOCK\s*\(\s*(?:'([^'\\]*)'|"([^"\\]*)")/i.exec(statement ?? '') ?? [];
  return single ?? double ?? '';
}

function findingOf(waiters: readonly Row[], evidence: readonly Evidence[], target: string): Finding {
  const [first = {}] = waiters;
  const name = textOf(first.lock);
  const longest = Math.max(...waiters.map((row) => numberOf(row.seconds)));
  const holder = first.holder === null ? undefined : first;
  const lock = name === '' ? 'a lock of the application' : `the lock "${name}"`;
  const waits = count(waiters.length, 'session waits', 'sessions wait');
  const who = `thread ${first.holder} (${textOf(first.holderUser)} from ${textOf(first.holderHost)}, ${textOf(first.holderCommand)} for ${formatDuration(numberOf(first.holderSeconds) * 1_000)})`;
  const isMany = waiters.length >= manyWaiters;
  return {
    id: 'mysql.user-lock',
    target,
    summary: `${waits} in GET_LOCK for ${lock}${holder ? `, which ${who} holds` : ', and who holds it cannot be seen'}`,
    explanation: [
      `The application takes this lock itself; the server knows no reason for it, and it lasts until its session says RELEASE_LOCK or ends. The longest has waited ${formatDuration(longest * 1_000)}.`,
      isMany
        ? 'So many that wait are more than turns taken on purpose: look what the holder does, and whether it forgot the lock or waits for something else.'
        : 'One or two that wait may take turns on purpose: a migration, a scheduler and its stand-by.',
      ...(holder
        ? [`KILL ${first.holder} gives the lock to the next, and rolls back what the holder has open.`]
        : []),
    ].join(' '),
    confidence: holder === undefined ? (isMany ? 0.6 : 0.4) : isMany ? 0.85 : 0.5,
    onset: Math.round((find(evidence, target, 'user-locks')?.at ?? 0) - longest * 1_000),
    evidence: [`${target}.user-locks`],
    unseen: unseenOf(evidence),
    ...(holder ? { decides: [`SHOW FULL PROCESSLIST: what thread ${first.holder} does`] } : {}),
    recommendations: [],
  };
}
