/**
 * For statements that are asked again and again: Kysely builds and compiles a statement anew each time, which takes
 * many times as long as SQLite needs to answer it.
 *
 * A state that a partial index names (`where state = 'waiting'`) stands in the statement as `sql.lit`: where it is
 * bound, SQLite compiles the statement anew at each use, to see whether the index fits this time.
 */
import { type Compilable, type CompiledQuery, type RawBuilder, sql } from 'kysely';
import { type Engine, engineOf } from './engines.ts';
import type { Tx } from './index.ts';
import type { Bindable } from './parameters.ts';

type Values = Readonly<Record<string, Bindable>>;

class Blank {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Built at the first use and then kept. What differs from one use to the next is a blank, so `build` may look at
 * nothing that changes.
 */
export function compiledOnce<Row, V extends Values>(
  build: (
    db: Tx,
    blank: <Name extends keyof V & string>(name: Name) => RawBuilder<V[Name]>,
  ) => Compilable<Row>,
): (tx: Tx, values: V) => Promise<Row[]> {
  const known = new Map<Engine, CompiledQuery<Row>>();
  return async (tx, values) => {
    const engine = engineOf(tx);
    const query = known.get(engine) ?? build(tx, (name) => sql`${new Blank(name)}`).compile();
    known.set(engine, query);
    const parameters = query.parameters.map((one) => (one instanceof Blank ? values[one.name] : one));
    return (await tx.executeQuery<Row>({ ...query, parameters })).rows;
  };
}
