import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/** What an engine hands over once open. */
export interface Opened {
  readonly db: Kysely<Schema>;
  /** Rejects when this process is no longer the one that may write. */
  ensureOwner(): Promise<void>;
  close(): Promise<void>;
}
