import type { Evidence, Finding, Recommendation } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import { formatDuration } from '../../../core/time.ts';
import { rootsOf } from '../locks.ts';

interface Edge {
  readonly thread: number;
  readonly blocker: number;
  readonly kind: string;
  readonly table: string;
  readonly seconds: number;
  readonly isCertain: boolean;
  readonly candidates: number;
}

interface Tree {
  readonly root: number;
  readonly session: Row | undefined;
  readonly behind: readonly Edge[];
  /** The statement that wants a table for itself, waits for the root, and makes others queue. */
  readonly head: { readonly edge: Edge; readonly session: Row | undefined } | undefined;
}

/** Trees beyond these are named in no finding of their own; the table in the evidence has them. */
const mostFindings = 3;

export function findingsOf(evidence: readonly Evidence[], target: string): Finding[] {
  const edges = rowsOf(find(evidence, target, 'lock-waits')).map(edgeOf);
  const sessions = new Map(
    rowsOf(find(evidence, target, 'lock-sessions')).map((row) => [numberOf(row.thread), row]),
  );
  const trees = rootsOf(edges).map(({ thread, behind }): Tree => {
    const own = edges.filter((edge) => behind.includes(edge.thread));
    const head = own.find(
      (edge) => edge.kind === 'metadata' && edge.blocker === thread && wantsTable(sessions.get(edge.thread)),
    );
    return {
      root: thread,
      session: sessions.get(thread),
      behind: uniqueWaiters(own),
      head: head && { edge: head, session: sessions.get(head.thread) },
    };
  });
  const found = trees.slice(0, mostFindings).map((tree) => findingOf(tree, evidence, target));
  const orphan = [...sessions.values()].find(
    (row) => wantsTable(row) && !edges.some((edge) => edge.thread === row.thread),
  );
  const stopped = [...sessions.values()].filter(
    (row) => row.wantsToWrite === true && !edges.some((edge) => edge.thread === row.thread),
  );
  return [
    ...found,
    ...(orphan === undefined ? [] : [orphanFinding(orphan, evidence, target)]),
    ...(stopped.length === 0 ? [] : [unseenReadLock(stopped, evidence, target)]),
  ];
}

function edgeOf(row: Row): Edge {
  return {
    thread: numberOf(row.thread),
    blocker: numberOf(row.blocker),
    kind: textOf(row.kind),
    table: textOf(row.table),
    seconds: numberOf(row.seconds),
    isCertain: row.isCertain === true,
    candidates: numberOf(row.candidates),
  };
}

function uniqueWaiters(edges: readonly Edge[]): Edge[] {
  return edges.filter((edge, at) => edges.findIndex(({ thread }) => thread === edge.thread) === at);
}

function wantsTable(session: Row | undefined): boolean {
  return textOf(session?.wantsTable) !== '';
}

function findingOf(tree: Tree, evidence: readonly Evidence[], target: string): Finding {
  const waits = find(evidence, target, 'lock-waits');
  const longest = Math.max(0, ...tree.behind.map(({ seconds }) => seconds));
  const base = {
    id: 'mysql.blocked-by-lock',
    target,
    onset: Math.round((waits?.at ?? 0) - longest * 1_000),
    evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
    unseen: [
      ...unseenOf(evidence),
      ...(tree.session === undefined ? [`what thread ${tree.root} is: it was gone when looked at`] : []),
    ],
  };
  const recommendations = recommend(tree, target);
  if (tree.head !== undefined)
    return { ...base, ...metadataWords(tree, tree.head, longest), recommendations };
  const readLock = tree.behind.find((edge) => edge.kind === 'global' && edge.blocker === tree.root);
  if (readLock !== undefined)
    return { ...base, ...readLockWords(tree, readLock, longest, recommendations), recommendations };
  const tableLock = tree.behind.find(
    (edge) => edge.kind === 'metadata' && edge.blocker === tree.root && !edge.isCertain,
  );
  if (tableLock !== undefined && tree.session?.transactionBegun === null)
    return { ...base, ...tableLockWords(tree, tableLock, longest, recommendations), recommendations };
  const who = describe(tree.root, tree.session);
  return {
    ...base,
    summary: `${who} blocks ${countOf(tree.behind.length)}${tablesOf(tree)}`,
    explanation: [
      `${who} waits for nobody and holds row locks that ${countOf(tree.behind.length)} need; the longest has waited ${formatDuration(longest * 1_000)}.`,
      doing(tree.session),
      advice(tree, recommendations),
    ]
      .filter(Boolean)
      .join(' '),
    confidence: tree.session === undefined ? 0.6 : 0.95,
    recommendations,
  };
}

function metadataWords(tree: Tree, head: NonNullable<Tree['head']>, longest: number) {
  const { edge, session } = head;
  const ddl = describe(edge.thread, session);
  const holder = describe(tree.root, tree.session);
  const queue = tree.behind.length - 1;
  const held = edge.isCertain
    ? `holds its metadata lock`
    : edge.candidates === 1
      ? 'is the only session with a transaction or statement from before, so it must hold its metadata lock'
      : `is the oldest of ${edge.candidates} sessions that could hold its metadata lock`;
  return {
    summary: `${ddl} waits for the definition of ${edge.table} behind ${holder}${queue > 0 ? `, and holds up ${countOf(queue)}` : ''}`,
    explanation: [
      `${holder} ${held}: a transaction keeps the definition of each table it has touched until it ends, reads included.`,
      `${ddl} wants the table for itself (${textOf(session?.statement)}) and has waited ${formatDuration(longest * 1_000)}; everybody who comes after it queues behind it, even to read.`,
      'Take the waiting statement back first: it has changed nothing, and those behind it go on at once. Then end the forgotten transaction, and repeat the statement with SET lock_wait_timeout = 5.',
      doing(tree.session),
    ]
      .filter(Boolean)
      .join(' '),
    confidence: edge.isCertain ? 0.95 : edge.candidates === 1 ? 0.85 : 0.6,
  };
}

function readLockWords(
  tree: Tree,
  edge: Edge,
  longest: number,
  recommendations: readonly Recommendation[],
): Pick<Finding, 'summary' | 'explanation' | 'confidence'> {
  const who = describe(tree.root, tree.session);
  const isFlush = /^FLUSH/i.test(textOf(tree.session?.statement));
  const held = edge.isCertain
    ? 'holds it'
    : edge.candidates === 1
      ? 'is the only session that could hold it: it may take it and has done nothing since before the first wait'
      : `is the likeliest of ${edge.candidates} sessions that could hold it: its last statement ended just before the first wait`;
  return {
    summary: `${who} ${isFlush ? 'wants' : 'holds'} the global read lock, and ${countOf(tree.behind.length)} ${tree.behind.length === 1 ? 'waits' : 'wait'} to write`,
    explanation: [
      `FLUSH TABLES WITH READ LOCK (or a stage of a backup) keeps everybody from writing until its session says UNLOCK TABLES or ends; ${who} ${held}. The longest has waited ${formatDuration(longest * 1_000)}; reads go on.`,
      recommendations.length > 0
        ? 'Where no backup is under way, ending the session gives the lock back at once, and nothing is lost.'
        : advice(tree, recommendations),
    ].join(' '),
    confidence: edge.isCertain ? 0.95 : edge.candidates === 1 ? 0.85 : 0.6,
  };
}

function tableLockWords(
  tree: Tree,
  { candidates }: Edge,
  longest: number,
  recommendations: readonly Recommendation[],
): Pick<Finding, 'summary' | 'explanation' | 'confidence'> {
  const who = describe(tree.root, tree.session);
  const held =
    candidates === 1
      ? 'is the only session that could hold it: it sleeps on this schema since before the first wait'
      : `is the likeliest of ${candidates} sessions that sleep on this schema since before the first wait`;
  return {
    summary: `${who} holds tables by LOCK TABLES, and ${countOf(tree.behind.length)} ${tree.behind.length === 1 ? 'waits' : 'wait'} for them`,
    explanation: [
      `No transaction, no statement and no schema change is there that would hold them up, so it is LOCK TABLES, which lasts until its session says UNLOCK TABLES or ends; ${who} ${held}. The longest has waited ${formatDuration(longest * 1_000)}.`,
      recommendations.length > 0
        ? 'Where no import is under way, ending the session gives the tables back at once.'
        : advice(tree, recommendations),
    ].join(' '),
    confidence: candidates === 1 ? 0.85 : 0.6,
  };
}

function unseenReadLock(stopped: readonly Row[], evidence: readonly Evidence[], target: string): Finding {
  const longest = Math.max(...stopped.map((row) => numberOf(row.seconds)));
  return {
    id: 'mysql.blocked-by-lock',
    target,
    summary: `${countOf(stopped.length)} ${stopped.length === 1 ? 'waits' : 'wait'} for the global read lock to write, and who holds it cannot be seen`,
    explanation:
      'FLUSH TABLES WITH READ LOCK or a stage of a backup keeps everybody from writing, and no sleeping session could hold it: look at SHOW FULL PROCESSLIST for a backup or a session at work that took it.',
    confidence: 0.7,
    onset: Math.round((find(evidence, target, 'lock-waits')?.at ?? 0) - longest * 1_000),
    evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
    unseen: unseenOf(evidence),
    recommendations: [],
  };
}

/** Waiting DDL whose holder has no transaction and no statement: LOCK TABLES, HANDLER, a prepared XA transaction. */
function orphanFinding(session: Row, evidence: readonly Evidence[], target: string): Finding {
  const thread = numberOf(session.thread);
  return {
    id: 'mysql.blocked-by-lock',
    target,
    summary: `${describe(thread, session)} waits for the definition of ${textOf(session.wantsTable)}, and who holds it cannot be seen`,
    explanation:
      'No open transaction and no statement from before is there, so LOCK TABLES, HANDLER or a prepared XA transaction (XA RECOVER) may hold it. Taking the waiting statement back lets everybody behind it go on.',
    confidence: 0.6,
    onset: Math.round((find(evidence, target, 'lock-waits')?.at ?? 0) - numberOf(session.seconds) * 1_000),
    evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
    unseen: unseenOf(evidence),
    recommendations: killQueryOf(thread, session, target, 'it waits and makes whoever comes after wait'),
  };
}

function recommend(tree: Tree, target: string): Recommendation[] {
  const { session, head } = tree;
  const ddl =
    head === undefined
      ? []
      : killQueryOf(
          head.edge.thread,
          head.session,
          target,
          'it has changed nothing yet, and whoever needs the table goes on at once; it can be repeated',
        );
  const isIdle = session?.command === 'Sleep' && session.isClient === true && session.isBackup !== true;
  const edge = head?.edge ?? tree.behind.find((one) => one.kind !== 'row' && one.blocker === tree.root);
  const isClear = edge === undefined || edge.isCertain || edge.candidates === 1;
  if (!isIdle || !isClear) return ddl;
  if (session.transactionBegun === null)
    return edge !== undefined && head === undefined
      ? [
          {
            action: 'mysql.kill-connection',
            target,
            input: { thread: tree.root, user: textOf(session.user), idleSince: textOf(session.begun) },
            why: `it does nothing and holds ${edge.kind === 'global' ? 'the global read lock' : 'the tables'} that ${countOf(tree.behind.length)} wait for; no transaction of it is open`,
          },
        ]
      : ddl;
  return [
    ...ddl,
    {
      action: 'mysql.kill-connection',
      target,
      input: {
        thread: tree.root,
        user: textOf(session.user),
        transactionStart: textOf(session.transactionBegun),
      },
      why: `it does nothing and holds what ${countOf(tree.behind.length)} wait for; its open transaction (${numberOf(session.rowsModified)} rows changed) is rolled back`,
    },
  ];
}

function killQueryOf(
  thread: number,
  session: Row | undefined,
  target: string,
  why: string,
): Recommendation[] {
  if (session === undefined || session.isClient !== true) return [];
  const input = { thread, user: textOf(session.user), statementStart: textOf(session.begun) };
  return [{ action: 'mysql.kill-query', target, input, why }];
}

function advice(tree: Tree, recommendations: readonly Recommendation[]): string {
  const { session } = tree;
  if (session === undefined) return 'What it does could not be seen, so nothing is recommended.';
  if (recommendations.length > 0) {
    return 'Ending it frees them; its open transaction is rolled back. MariaDB’s idle_transaction_timeout would keep it from happening again.';
  }
  if (session.isBackup === true) return 'It is a backup, so it is not interrupted; it may finish by itself.';
  if (session.isClient !== true) return 'It is no client session, so it is not to be ended.';
  return 'It is at work, so it is not ended without a person; it may finish by itself.';
}

function describe(thread: number, session: Row | undefined): string {
  if (session === undefined) return `thread ${thread}`;
  const since = formatDuration(numberOf(session.seconds) * 1_000);
  const isAsleep = session.command === 'Sleep';
  const open =
    isAsleep && session.transactionSeconds !== null
      ? `asleep in a transaction for ${since}`
      : isAsleep
        ? `asleep for ${since}`
        : `${textOf(session.state) || textOf(session.command)} for ${since}`;
  return `thread ${thread} (${textOf(session.user)} from ${textOf(session.host)}, ${open})`;
}

function doing(session: Row | undefined): string {
  if (session === undefined || session.transactionSeconds === null) return '';
  const open = `Its transaction is open for ${formatDuration(numberOf(session.transactionSeconds) * 1_000)} and has changed ${numberOf(session.rowsModified)} rows.`;
  const statement = textOf(session.statement);
  return statement === '' ? open : `${open} It runs: ${statement}.`;
}

function tablesOf(tree: Tree): string {
  const names = [...new Set(tree.behind.map(({ table }) => table).filter(Boolean))];
  return names.length === 0 ? '' : ` on ${names.slice(0, 3).join(', ')}`;
}

function countOf(sessions: number): string {
  return sessions === 1 ? '1 session' : `${sessions} sessions`;
}
