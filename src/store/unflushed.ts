/** Statements whose loss in a power cut does no harm, so that nobody waits for the disk on their account. */
import { sql } from 'kysely';
import { engineOf } from './engines.ts';
import type { Store, Tx } from './index.ts';

/**
 * Runs `work` without a flush of its own; the next commit flushes it too, and a killed process loses nothing of it.
 * For leases: one that is lost is taken again, and what was done under it was flushed with it. On PostgreSQL, and inside a transaction, `work` runs as ever.
 */
export function unflushed<T>(from: Store | Tx, work: (tx: Tx) => Promise<T>): Promise<T> {
  const tx = 'db' in from ? from.db : from;
  if (tx.isTransaction || engineOf(tx) !== 'sqlite') return work(tx);
  return tx.connection().execute(async (connection) => {
    await sql`pragma synchronous = normal`.execute(connection);
    try {
      return await work(connection);
    } finally {
      await sql`pragma synchronous = full`.execute(connection);
    }
  });
}
