/** Rows of who waits and who blocks as a tree: who waits for whom, the one that everybody waits for at its root. Pure. */
import type { Scalar } from './evidence.ts';

export interface Blocker {
  /** As the system numbers its sessions. */
  readonly pid: string;
  /** The row's other columns; empty for one that waits for nobody and was not listed. */
  readonly facts: Readonly<Record<string, Scalar>>;
  readonly waiting: readonly Blocker[];
}

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Scalar[])[];
}

/** How systems call the two columns: PostgreSQL all blockers in one row, MySQL a row for each. */
const columnNames = [
  ['pid', 'blockers'],
  ['thread', 'blocker'],
] as const;

/**
 * Undefined for a table that is no list of who blocks whom. Each session stands once, below the last of those that it waits
 * for: where many queue, each waits for all before it. A ring of locks is cut where it closes.
 */
export function blockingTree({ columns, rows }: Table): Blocker[] | undefined {
  const named = columnNames.find((names) => names.every((name) => columns.includes(name)));
  if (named === undefined || rows.length === 0) return undefined;
  const [pidAt, blockersAt] = [columns.indexOf(named[0]), columns.indexOf(named[1])];
  const facts = new Map<string, Record<string, Scalar>>();
  const blockersOf = new Map<string, string[]>();
  for (const row of rows) {
    const pid = String(row[pidAt]);
    const rest = columns.flatMap((name, at) =>
      at === pidAt || at === blockersAt ? [] : [[name, row[at] ?? null] as const],
    );
    facts.set(pid, Object.fromEntries(rest));
    const blockers = String(row[blockersAt] ?? '')
      .split(/[\s,{}]+/)
      .filter((one) => one !== '' && one !== pid);
    blockersOf.set(pid, [...(blockersOf.get(pid) ?? []), ...blockers]);
  }
  const depth = depths(blockersOf);
  const below = new Map<string, string[]>();
  for (const [pid, blockers] of blockersOf) {
    const [last] = blockers.toSorted((a, b) => (depth.get(b) ?? 0) - (depth.get(a) ?? 0));
    if (last !== undefined) below.set(last, [...(below.get(last) ?? []), pid]);
  }
  const placed = new Set<string>();
  const grow = (pid: string): Blocker => {
    placed.add(pid);
    const waiting = (below.get(pid) ?? []).flatMap((one) => (placed.has(one) ? [] : [grow(one)]));
    return { pid, facts: facts.get(pid) ?? {}, waiting };
  };
  const all = [...new Set([...below.keys(), ...facts.keys()])];
  const roots = all.filter((pid) => (blockersOf.get(pid) ?? []).length === 0).map(grow);
  // What no root leads to is a ring.
  return [...roots, ...all.flatMap((pid) => (placed.has(pid) ? [] : [grow(pid)]))];
}

/** How many stand before each in the longest queue; a ring counts once around. */
function depths(blockersOf: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const known = new Map<string, number>();
  const depthOf = (pid: string): number => {
    const found = known.get(pid);
    if (found !== undefined) return found;
    known.set(pid, 0);
    const depth = Math.max(0, ...(blockersOf.get(pid) ?? []).map((one) => depthOf(one) + 1));
    known.set(pid, depth);
    return depth;
  };
  for (const pid of blockersOf.keys()) depthOf(pid);
  return known;
}

/** Everybody that somebody waits for. */
export function holdersIn(roots: readonly Blocker[]): Set<string> {
  return new Set(
    roots.flatMap((root) => [...(root.waiting.length > 0 ? [root.pid] : []), ...holdersIn(root.waiting)]),
  );
}

/** All below it, directly or not. */
export function waitersOf({ waiting }: Blocker): number {
  return waiting.reduce((sum, one) => sum + 1 + waitersOf(one), 0);
}
