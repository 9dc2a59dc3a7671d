/** What Upkeep has stored, read beside it; opened for one look at a time, so that a crash meets no other reader. */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '../../src/clock.ts';
import type { ActionView, JournalEntry } from '../../src/core/view.ts';
import * as actionRows from '../../src/store/actions.ts';
import * as incidentRows from '../../src/store/incidents.ts';
import { openStore, type StoreLocation, type Tx } from '../../src/store/index.ts';
import * as journal from '../../src/store/journal.ts';
import * as outbox from '../../src/store/outbox.ts';

export interface Stored {
  readonly incidents: readonly incidentRows.Incident[];
  readonly actions: readonly ActionView[];
  readonly journal: readonly JournalEntry[];
  readonly chain: journal.Verification;
  /** Messages that have not been delivered yet. */
  readonly undelivered: number;
  readonly failedJobs: readonly string[];
  /** What SQLite's own check of its file says; `ok` on PostgreSQL. */
  readonly integrity: readonly string[];
}

const everything = 100_000;

export async function look<T>(location: StoreLocation, question: (db: Tx) => Promise<T>): Promise<T> {
  const store = await openStore(location, systemClock, { shared: true });
  try {
    return await question(store.db);
  } finally {
    await store.close();
  }
}

export async function readStored(location: StoreLocation): Promise<Stored> {
  const stored = await look(location, async (db) => ({
    incidents: await incidentRows.list(db, { limit: everything }),
    actions: await actionRows.list(db, { limit: everything }),
    journal: await journal.list(db, { after: 0, limit: everything }),
    chain: await journal.verify(db),
    undelivered: [...(await outbox.pending(db)).values()].reduce((sum, n) => sum + n, 0),
    failedJobs: (await db.selectFrom('jobs').selectAll().where('state', '=', 'failed').execute()).map(
      ({ key, last_error: error }) => `${key}: ${error}`,
    ),
  }));
  return { ...stored, integrity: integrityOf(location) };
}

function integrityOf(location: StoreLocation): string[] {
  return location.kind === 'sqlite' ? [checkFile(location.file)] : ['ok'];
}

function checkFile(file: string): string {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    return String(database.prepare('pragma integrity_check').get()?.integrity_check);
  } finally {
    database.close();
  }
}

/**
 * The same of a copy of the samples, taken while Upkeep is dead: it holds that file alone while it runs, and what the
 * crash left is for its own next start to mend.
 */
export function integrityOfSamples(location: StoreLocation): string {
  if (location.kind !== 'sqlite') return 'ok';
  const folder = dirname(location.file);
  const copy = mkdtempSync(join(folder, 'copy-'));
  try {
    for (const name of ['metrics.db', 'metrics.db-wal'])
      if (existsSync(join(folder, name))) cpSync(join(folder, name), join(copy, name));
    // A reader alone may not replay the log of changes.
    const database = new DatabaseSync(join(copy, 'metrics.db'));
    database.close();
    return checkFile(join(copy, 'metrics.db'));
  } finally {
    rmSync(copy, { recursive: true });
  }
}
