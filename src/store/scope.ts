/**
 * Catches a mistake that would wait forever on SQLite and drain the pool on PostgreSQL: using the store itself
 * inside one of its transactions, where only `tx` may be used.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<{ isOpen: boolean }>();

export async function insideTransaction<T>(work: () => Promise<T>): Promise<T> {
  const scope = { isOpen: true };
  try {
    return await current.run(scope, work);
  } finally {
    scope.isOpen = false;
  }
}

/** @throws Error when called while a transaction of the caller is open */
export function refuseInsideTransaction(): void {
  if (current.getStore()?.isOpen) {
    throw new Error('the store was used inside a transaction; use the tx that was handed in');
  }
}
