/** Rows of `pid` and `blockers` as a tree: who waits for whom, the one that everybody waits for at its root. */

export interface Blocker {
  readonly pid: string;
  /** The row's other columns; empty for one that waits for nobody and was not listed. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly waiting: readonly Blocker[];
}

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** Undefined for a table that is no list of who blocks whom. A ring of locks is cut where it closes. */
export function blockingTree({ columns, rows }: Table): Blocker[] | undefined {
  const [pidAt, blockersAt] = [columns.indexOf('pid'), columns.indexOf('blockers')];
  if (pidAt < 0 || blockersAt < 0 || rows.length === 0) return undefined;
  const facts = new Map<string, Record<string, unknown>>();
  const waiters = new Map<string, string[]>();
  for (const row of rows) {
    const pid = String(row[pidAt]);
    const rest = columns.flatMap((name, at) =>
      at === pidAt || at === blockersAt ? [] : [[name, row[at]] as const],
    );
    facts.set(pid, Object.fromEntries(rest));
    for (const blocker of String(row[blockersAt] ?? '').split(/[\s,{}]+/)) {
      if (blocker !== '') waiters.set(blocker, [...(waiters.get(blocker) ?? []), pid]);
    }
  }
  const waits = new Set([...waiters.values()].flat());
  const roots = [...new Set([...waiters.keys(), ...facts.keys()])].filter((pid) => !waits.has(pid));
  const grow = (pid: string, above: readonly string[]): Blocker => ({
    pid,
    facts: facts.get(pid) ?? {},
    waiting: (waiters.get(pid) ?? [])
      .filter((one) => !above.includes(one) && one !== pid)
      .map((one) => grow(one, [...above, pid])),
  });
  return (roots.length > 0 ? roots : [...waiters.keys()].slice(0, 1)).map((pid) => grow(pid, []));
}
