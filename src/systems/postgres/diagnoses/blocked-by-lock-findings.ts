import type { Evidence, Finding, Recommendation, Scalar } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, textOf } from '../../../core/evidence-rows.ts';
import { formatDuration } from '../../../core/time.ts';
import { rootsOf } from '../blocking-tree.ts';

type Row = Readonly<Record<string, Scalar>>;

interface Wait {
  readonly pid: number;
  readonly blockers: readonly number[];
  readonly mode: string;
  readonly lockType: string;
  readonly object: string;
  readonly seconds: number;
}

interface Tree {
  readonly pid: number;
  readonly behind: readonly Wait[];
  readonly direct: readonly Wait[];
  readonly session: Row | undefined;
  /** Waits for a strong table lock itself, and makes others queue behind it. */
  readonly queueHead: Wait | undefined;
}

/** Lock modes that conflict with ordinary writes or reads: taken by ALTER, DROP, TRUNCATE, CREATE INDEX … */
const tableLocks = new Set(['AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock']);
/** Trees beyond these are named in no finding of their own; the table in the evidence has them. */
const mostFindings = 3;

export function findingsOf(evidence: readonly Evidence[], target: string): Finding[] {
  const waits = rowsOf(find(evidence, target, 'lock-waits')).map(waitOf);
  const sessions = new Map(
    rowsOf(find(evidence, target, 'lock-sessions')).map((row) => [numberOf(row.pid), row]),
  );
  const byPid = new Map(waits.map((wait) => [wait.pid, wait]));
  const waitsOf = (pids: readonly number[]) => pids.flatMap((pid) => byPid.get(pid) ?? []);
  const trees = rootsOf(waits).map((root): Tree => {
    const direct = waitsOf(root.direct);
    return {
      pid: root.pid,
      behind: waitsOf(root.behind),
      direct,
      session: sessions.get(root.pid),
      queueHead: direct.find(
        (wait) => isTableLock(wait) && waits.some((other) => other.blockers.includes(wait.pid)),
      ),
    };
  });
  // Waits and sessions are looked at one after the other: whoever waits by now is no root, only ahead in the queue.
  const roots = trees.filter((tree) => tree.session?.waitsFor !== 'Lock');
  return (roots.length > 0 ? roots : trees)
    .slice(0, mostFindings)
    .map((tree) => findingOf(tree, sessions, evidence, target));
}

function waitOf(row: Row): Wait {
  return {
    pid: numberOf(row.pid),
    blockers: textOf(row.blockers).split(' ').map(Number),
    mode: textOf(row.mode),
    lockType: textOf(row.lockType),
    object: textOf(row.object),
    seconds: numberOf(row.waitSeconds),
  };
}

function isTableLock(wait: Wait): boolean {
  return wait.lockType === 'relation' && tableLocks.has(wait.mode);
}

function findingOf(
  tree: Tree,
  sessions: ReadonlyMap<number, Row>,
  evidence: readonly Evidence[],
  target: string,
): Finding {
  const waits = find(evidence, target, 'lock-waits');
  const longest = Math.max(0, ...tree.behind.map((wait) => wait.seconds));
  const base = {
    id: 'postgres.blocked-by-lock',
    target,
    onset: Math.round((waits?.at ?? 0) - longest * 1_000),
    evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
    unseen: unseenOf(tree, evidence),
  };
  if (tree.pid === 0) return { ...base, ...preparedFinding(tree, evidence, target) };
  const who = describe(tree.pid, tree.session);
  const on = objectsOf(tree);
  const held = `${countOf(tree.behind.length)}${on}`;
  const [summary, past] = [`${who} blocks ${held}`, `${who} blocked ${held}`];
  const head = tree.queueHead;
  const isReader = head !== undefined && isReading(tree.session);
  const recommendations = isReader ? [] : recommend(tree, target);
  const isUnknown = tree.session === undefined || isHidden(tree.session) || tree.session.waitsFor === 'Lock';
  const confidence = isUnknown ? 0.6 : 0.95;
  if (head !== undefined && isReader) {
    const ddl = describe(head.pid, sessions.get(head.pid));
    return {
      ...base,
      summary: `${ddl} waits for ${head.mode} on ${head.object} behind a reader, pid ${tree.pid}, and holds up ${countOf(tree.behind.length - 1)}`,
      past: `${ddl} waited for ${head.mode} on ${head.object} behind a reader, pid ${tree.pid}, and held up ${countOf(tree.behind.length - 1)}`,
      explanation: `${who} only reads ${head.object}; its lock would let others work. ${ddl} asks for ${head.mode}, must wait for the reader to end, and everybody who comes after it queues behind it${statementOf(sessions.get(head.pid))}. Take the waiting statement back (SELECT pg_cancel_backend(${head.pid});) rather than end the reader, and repeat it with lock_timeout set.`,
      confidence,
      recommendations: recommendCancel(head.pid, sessions.get(head.pid), tree.behind.length - 1, target),
    };
  }
  return {
    ...base,
    summary,
    past,
    explanation: [
      `${who} waits for nobody and holds what ${countOf(tree.behind.length)} need, ${tree.direct.length} of them directly; the longest has waited ${formatDuration(longest * 1_000)}.`,
      statementSentence(tree.session),
      head === undefined
        ? ''
        : `A part of the queue stands behind pid ${head.pid}, which waits for ${head.mode} on ${head.object}.`,
      advice(tree, recommendations, target),
    ]
      .filter(Boolean)
      .join(' '),
    confidence,
    recommendations,
  };
}

function preparedFinding(tree: Tree, evidence: readonly Evidence[], target: string) {
  const [oldest] = rowsOf(find(evidence, target, 'prepared-transactions'));
  const name = oldest === undefined ? 'a prepared transaction' : `prepared transaction ${textOf(oldest.gid)}`;
  const since =
    oldest === undefined ? '' : `, prepared ${formatDuration(numberOf(oldest.seconds) * 1_000)} ago`;
  return {
    summary: `${name}${since} blocks ${countOf(tree.behind.length)}${objectsOf(tree)}`,
    past: `${name}${since} blocked ${countOf(tree.behind.length)}${objectsOf(tree)}`,
    explanation:
      'A prepared transaction keeps its locks without a session until somebody ends it. Whether it is to be committed or rolled back is a decision about the data: COMMIT PREPARED or ROLLBACK PREPARED, by its owner.',
    // postgres.prepared-forgotten says the same with what it locks and who may end it.
    confidence: oldest === undefined ? 0.5 : 0.8,
    recommendations: [],
  };
}

function recommend(tree: Tree, target: string): Recommendation[] {
  const { session } = tree;
  if (session === undefined || !isIdle(session) || session.backendType !== 'client backend') return [];
  if (session.superuser === true || textOf(session.application) === 'upkeep') return [];
  return [
    {
      action: 'postgres.terminate-backend',
      target,
      input: { pid: tree.pid, backendStart: textOf(session.backendStart) },
      why: `it does nothing and holds the locks that ${countOf(tree.behind.length)} wait for; its open transaction is rolled back`,
    },
  ];
}

function recommendCancel(
  pid: number,
  session: Row | undefined,
  heldUp: number,
  target: string,
): Recommendation[] {
  if (session === undefined || session.state !== 'active' || session.backendType !== 'client backend')
    return [];
  if (session.superuser === true || textOf(session.application) === 'upkeep') return [];
  return [
    {
      action: 'postgres.cancel-backend',
      target,
      input: { pid, backendStart: textOf(session.backendStart) },
      why: `it waits itself, and ${countOf(heldUp)} wait behind it for what the reader would let them have; it can be repeated`,
    },
  ];
}

function advice(
  { pid, session }: Pick<Tree, 'pid' | 'session'>,
  recommendations: readonly Recommendation[],
  target: string,
): string {
  if (session === undefined || isHidden(session))
    return 'What it does could not be seen, so nothing is recommended.';
  if (recommendations.length > 0) {
    return 'Ending it frees them; idle_in_transaction_session_timeout would keep it from happening again.';
  }
  if (session.backendType !== 'client backend') return 'It is no client session, so it is not to be ended.';
  if (isIdle(session) && session.superuser === true) {
    const input = { pid, backendStart: textOf(session.backendStart), evenSuperuser: true };
    return `It belongs to a superuser, so a person should decide whether to end it: upkeep action propose postgres.terminate-backend ${target} --input '${JSON.stringify(input)}' --why "…"`;
  }
  return 'It is at work, so it is not ended without a person; it may finish by itself.';
}

function isIdle(session: Row): boolean {
  return textOf(session.state).startsWith('idle in transaction');
}

function isHidden(session: Row): boolean {
  return session.state === null && session.backendType === null;
}

/** Holds no transaction id, so it has changed nothing so far. */
function isReading(session: Row | undefined): boolean {
  return session !== undefined && session.hasWritten === false && !isHidden(session);
}

function describe(pid: number, session: Row | undefined): string {
  if (session === undefined) return `pid ${pid}`;
  const role = textOf(session.role);
  const names = [
    role === '' ? textOf(session.backendType) : role,
    textOf(session.application),
    textOf(session.client),
  ];
  const state = textOf(session.state);
  const since =
    session.stateSeconds === null ? '' : ` for ${formatDuration(numberOf(session.stateSeconds) * 1_000)}`;
  const doing = state === '' ? 'state hidden' : `${state}${since}`;
  return `pid ${pid} (${[...names.filter(Boolean), doing].join(', ')})`;
}

function statementSentence(session: Row | undefined): string {
  const statement = textOf(session?.statement);
  if (statement === '' || statement.startsWith('<')) return '';
  const open =
    session?.xactSeconds === null || session?.xactSeconds === undefined
      ? ''
      : ` Its transaction is open for ${formatDuration(numberOf(session.xactSeconds) * 1_000)}.`;
  return `Its last statement: ${statement}.${open}`;
}

function statementOf(session: Row | undefined): string {
  const statement = textOf(session?.statement);
  return statement === '' || statement.startsWith('<') ? '' : ` (${statement})`;
}

function objectsOf(tree: Tree): string {
  const names = [...new Set(tree.behind.map((wait) => wait.object).filter(Boolean))];
  if (names.length === 0) return '';
  const isTable = !names[0]?.includes(' ');
  return ` on ${isTable ? 'table ' : ''}${names.slice(0, 3).join(', ')}`;
}

function countOf(sessions: number): string {
  return sessions === 1 ? '1 session' : `${sessions} sessions`;
}

function unseenOf(tree: Tree, evidence: readonly Evidence[]): string[] {
  const unseen = evidence.flatMap((piece) => (piece.unseen === undefined ? [] : [piece.unseen]));
  if (tree.pid !== 0 && tree.session === undefined)
    unseen.push(`what pid ${tree.pid} is: it was gone when looked at`);
  return unseen;
}
