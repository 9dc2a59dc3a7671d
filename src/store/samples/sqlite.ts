/**
 * The sample tables in one SQLite file, the journal in files beside it. Rows stand in the order of sealing, so old
 * ones free whole pages.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf, StoreRefusal, StoreUnavailable } from '../refusals.ts';
import { lockSqlite } from '../sqlite-lock.ts';
import { Segments } from './segments.ts';
import { journalFolder, reader, refusalOf, storedRows, versionOf } from './sqlite-rows.ts';
import { type Commit, formatVersion, type JournalRow, refuseNewer, type Tables } from './tables.ts';
import { openWal } from './wal.ts';

/** Pages given back between two looks at other work: 64 MiB. */
const shrinkPages = 16_384;

/** `segmentBytes`: length from which on a journal file gets a successor. */
export async function openSqliteTables(file: string, segmentBytes?: number): Promise<Tables> {
  const { database, release } = connect(file);
  const wal = await openWal(`${file}-wal`);
  const segments = new Segments(journalFolder(file), { segmentBytes });
  const all = reader(database);
  await moveJournal(database, segments, wal.durable);
  const statements = prepare(database);
  const each = (ids: readonly number[], run: (id: number) => number) =>
    inTransaction(database, () => ids.reduce((total, id) => total + run(id), 0));
  /** Transactions that an answer has to wait for, and those that the disk has. */
  const named = { committed: 0, durable: 0 };
  const durable = async () => {
    const { committed } = named;
    if (committed === named.durable) return segments.durable();
    await Promise.all([wal.durable(), segments.durable()]);
    named.durable = Math.max(named.durable, committed);
  };
  let trimming: Promise<void> = Promise.resolve();
  let doubt: unknown;
  /** Rows are let go once what took their place survives a power cut. */
  const trim = (from: number) => {
    const drop = async () => {
      try {
        await Promise.all([wal.durable(), segments.durable()]);
      } catch (error) {
        // Rows may be gone that nobody else waits for: the next commit has to say so.
        doubt = error;
        return;
      }
      // What cannot be deleted now is tried again by the next trim.
      await segments.drop(from).catch(() => undefined);
    };
    trimming = trimming.then(drop);
  };

  return {
    ...storedRows(database, file, segments),
    async commit(changes) {
      const { series, chunks, rollups, journal, journalFrom } = changes;
      if (doubt !== undefined) {
        const error = doubt;
        doubt = undefined;
        throw error;
      }
      if (series.length + chunks.length + rollups.length > 0) {
        inTransaction(database, () => write(statements, changes));
        if (series.length > 0) named.committed++;
      }
      if (journal) segments.append(journal);
      if (journalFrom !== undefined) trim(journalFrom);
    },
    durable,
    async dropChunks(ids, before) {
      let samples = 0;
      const rows = each(ids, (id) => {
        const counts = all<{ count: number }>(
          'delete from chunks where series = ? and last < ? returning count',
          id,
          before,
        );
        for (const { count } of counts) samples += count;
        return counts.length;
      });
      return { rows, samples };
    },
    dropRollups: async (ids, width, before) =>
      each(ids, (id) => Number(statements.dropRollups.run(id, width, before).changes)),
    emptyOf: async (ids) =>
      ids.filter(
        (id) =>
          all('select 1 from chunks where series = ? limit 1', id).length === 0 &&
          all('select 1 from rollups where series = ? limit 1', id).length === 0,
      ),
    async dropSeries(ids) {
      each(ids, (id) => Number(statements.dropSeries.run(id).changes));
    },
    async shrink() {
      await trimming;
      database.exec(`pragma incremental_vacuum(${shrinkPages})`);
      database.exec('pragma wal_checkpoint(truncate)');
    },
    async close() {
      await trimming;
      await segments.close();
      await wal.close();
      database.exec('pragma wal_checkpoint(truncate)');
      database.close();
      release();
    },
  };
}

/** Two writers would each have a head of their own: the second must fail, and at once. Who only reads is let in. */
function connect(file: string): { database: DatabaseSync; release: () => void } {
  const release = lockFile(file);
  try {
    return { database: prepared(openFile(file), file), release };
  } catch (error) {
    release();
    throw error;
  }
}

function prepared(database: DatabaseSync, file: string): DatabaseSync {
  try {
    database.exec('pragma auto_vacuum = incremental; pragma journal_mode = wal');
    // What is committed is made durable by `openWal`, so that this thread goes on while the disk works.
    database.exec(
      'pragma synchronous = normal; pragma journal_size_limit = 8388608; pragma temp_store = memory',
    );
    const found = versionOf(database);
    refuseNewer(found, file);
    if (found === 0) inTransaction(database, () => database.exec(tables));
    return database;
  } catch (error) {
    database.close();
    throw refusalOf(error, file);
  }
}

function lockFile(file: string): () => void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    return lockSqlite(file);
  } catch (error) {
    if (error instanceof StoreRefusal) throw error;
    throw cannotOpen(file, error);
  }
}

function openFile(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: 500 });
  } catch (error) {
    throw cannotOpen(file, error);
  }
}

function cannotOpen(file: string, error: unknown): StoreUnavailable {
  return new StoreUnavailable(
    `${file} cannot be opened (${messageOf(error)}): make its folder writable, or let \`store:\` name another`,
  );
}

const tables = `
  create table if not exists series (id integer primary key, target text not null, metric text not null, labels text not null);
  create table if not exists chunks (
    id integer primary key, series integer not null, first integer not null, last integer not null,
    count integer not null, body blob not null);
  create index if not exists chunks_by_series on chunks (series, last);
  create table if not exists rollups (
    id integer primary key, series integer not null, width integer not null, first integer not null,
    last integer not null, body blob not null);
  create index if not exists rollups_by_series on rollups (series, width, last);
  pragma user_version = ${formatVersion};
`;

function prepare(database: DatabaseSync) {
  return {
    series: database.prepare('insert into series (id, target, metric, labels) values (?, ?, ?, ?)'),
    chunk: database.prepare('insert into chunks (series, first, last, count, body) values (?, ?, ?, ?, ?)'),
    rollup: database.prepare('insert into rollups (series, width, first, last, body) values (?, ?, ?, ?, ?)'),
    dropRollups: database.prepare('delete from rollups where series = ? and width = ? and last < ?'),
    dropSeries: database.prepare('delete from series where id = ?'),
  };
}

function write(statements: ReturnType<typeof prepare>, changes: Commit): void {
  for (const { id, target, metric, labels } of changes.series)
    statements.series.run(id, target, metric, labels);
  for (const { series, first, last, count, body } of changes.chunks) {
    statements.chunk.run(series, first, last, count, body);
  }
  for (const { series, widthMs, first, last, body } of changes.rollups) {
    statements.rollup.run(series, widthMs, first, last, body);
  }
}

/**
 * Format 1 kept the journal as a table. A crash in between leaves its rows in both places, and the next start takes
 * up where this one ended.
 */
async function moveJournal(
  database: DatabaseSync,
  segments: Segments,
  walDurable: () => Promise<void>,
): Promise<void> {
  if (versionOf(database) === formatVersion) return;
  let moved = 0;
  for (const { id } of segments.rows()) moved = Math.max(moved, id);
  const page = reader(database);
  for (;;) {
    const rows = page<JournalRow>(
      'select id, received, body from journal where id > ? order by id limit 256',
      moved,
    );
    for (const row of rows) segments.append(row);
    const last = rows.at(-1);
    if (!last) break;
    moved = last.id;
  }
  await segments.durable();
  inTransaction(database, () => database.exec(`drop table journal; pragma user_version = ${formatVersion}`));
  await walDurable();
}

function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('begin immediate');
  try {
    const result = work();
    database.exec('commit');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    throw error;
  }
}
