/** The state store: one Kysely schema on the embedded engine or on PostgreSQL. */
import type { Kysely, Transaction } from 'kysely';
import type { Clock } from '../core/time.ts';
import { type Engine, engines } from './engines.ts';
import { glanceEmbedded, openEmbedded, tryEmbedded } from './open-embedded.ts';
import { glanceServer, openServer, tryServer } from './open-server.ts';
import { codeOf, StoreRefusal } from './refusals.ts';
import type { Schema } from './schema.ts';
import { insideTransaction, refuseInsideTransaction } from './scope.ts';

export type { Engine } from './engines.ts';
export { StoreInUse, StoreRefusal, StoreTooNew, StoreUnavailable } from './refusals.ts';

export type StoreLocation =
  | { readonly kind: 'sqlite'; readonly file: string }
  /** `postgres://…`, its tables in the schema `upkeep` or that of `?schema=`. */
  | { readonly kind: 'postgres'; readonly url: string };

/** Either a transaction, or the store outside of one. */
export type Tx = Kysely<Schema>;

export interface Store {
  readonly engine: Engine;
  /** For single statements. Inside `transaction` only its `tx` may be used; using this there is an error. */
  readonly db: Tx;
  /**
   * All or nothing. `work` may run again after a deadlock on PostgreSQL, so it has no effect but on `tx`, and awaits
   * nothing else: on SQLite every other query waits for it. A failed statement cannot be caught and passed over.
   */
  transaction<T>(work: (tx: Transaction<Schema>) => Promise<T>): Promise<T>;
  /** May be called twice. */
  close(): Promise<void>;
}

const mostAttempts = 5;

/**
 * Opens the store and brings its tables up to date. With `shared` it takes no exclusive hold, for commands beside a
 * running Upkeep or while none runs; it then creates nothing.
 * @throws StoreUnavailable, StoreInUse, StoreTooNew: each with one line that names the remedy
 */
export async function openStore(
  location: StoreLocation,
  clock: Clock,
  options: { readonly shared?: boolean } = {},
): Promise<Store> {
  const isShared = options.shared ?? false;
  const opened =
    location.kind === 'sqlite'
      ? await openEmbedded(location.file, isShared, clock)
      : await openServer(location.url, isShared);
  let closing: Promise<void> | null = null;

  async function transaction<T>(work: (tx: Transaction<Schema>) => Promise<T>): Promise<T> {
    refuseInsideTransaction();
    await opened.ensureOwner();
    for (let attempt = 1; ; attempt++) {
      try {
        return await opened.db.transaction().execute((tx) => insideTransaction(() => work(tx)));
      } catch (error) {
        const isPassing = engines[location.kind].retryCodes.includes(codeOf(error));
        if (!isPassing || attempt === mostAttempts) throw error;
        await clock.sleep(attempt * 10);
      }
    }
  }

  return {
    engine: location.kind,
    db: opened.db,
    transaction,
    close: () => (closing ??= opened.close()),
  };
}

/** Why `openStore` would refuse this place, in one line that names the remedy. Makes and changes nothing there. */
export async function refusalOf(location: StoreLocation): Promise<string | null> {
  try {
    await (location.kind === 'sqlite' ? tryEmbedded(location.file) : tryServer(location.url));
    return null;
  } catch (error) {
    if (error instanceof StoreRefusal) return error.message;
    throw error;
  }
}

/**
 * What a store holds just now, for a command that only looks: makes and changes nothing there. Null where there is no
 * store, or one that is not of this version yet.
 * @throws StoreRefusal
 */
export function glanceAt<T>(location: StoreLocation, read: (db: Tx) => Promise<T>): Promise<T | null> {
  return location.kind === 'sqlite' ? glanceEmbedded(location.file, read) : glanceServer(location.url, read);
}
