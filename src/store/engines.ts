/** Where the engines differ, and nowhere else. */
import { type Kysely, PostgresAdapter } from 'kysely';

export type Engine = 'sqlite' | 'postgres';

export interface EngineTraits {
  /** Several transactions run at once, so rows that are read to be written are locked (`for update`). */
  readonly hasRowLocks: boolean;
  /** Error codes after which the same transaction may succeed when it runs again. */
  readonly retryCodes: readonly string[];
}

export const engines: Readonly<Record<Engine, EngineTraits>> = {
  // One connection: transactions queue, so no two of them overlap.
  sqlite: { hasRowLocks: false, retryCodes: [] },
  // deadlock_detected, serialization_failure
  postgres: { hasRowLocks: true, retryCodes: ['40P01', '40001'] },
};

export function engineOf(db: Pick<Kysely<never>, 'getExecutor'>): Engine {
  return db.getExecutor().adapter instanceof PostgresAdapter ? 'postgres' : 'sqlite';
}

export function traitsOf(db: Pick<Kysely<never>, 'getExecutor'>): EngineTraits {
  return engines[engineOf(db)];
}
