/** What is stored in the sample tables of one SQLite file and in the journal beside it, for whoever reads. */
import { statSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { inUseWords } from '../file-holder.ts';
import { messageOf, StoreInUse, StoreUnavailable } from '../refusals.ts';
import { Segments } from './segments.ts';
import {
  type ChunkRow,
  type Ends,
  noRows,
  type RollupRow,
  refuseNewer,
  type SeriesRow,
  type StoredRows,
} from './tables.ts';

const sqliteBusy = 5;
/** How long a statement waits for another process, in milliseconds. */
const busyTimeoutMs = 500;

export function journalFolder(file: string): string {
  return `${file}-journal.d`;
}

/** Beside the process that writes, and without changing anything. Where nothing is stored yet, there are no rows. */
export function readSqliteRows(file: string): StoredRows & { close(): Promise<void> } {
  const isMade = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
  if (!isMade) return { ...noRows, close: async () => undefined };
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: busyTimeoutMs });
    const found = versionOf(database);
    refuseNewer(found, file);
    const opened = database;
    const rows =
      found === 0
        ? noRows
        : storedRows(database, file, new Segments(journalFolder(file), { readOnly: true }));
    return { ...rows, close: async () => opened.close() };
  } catch (error) {
    database?.close();
    throw refusalOf(error, file);
  }
}

export function storedRows(database: DatabaseSync, file: string, segments: Segments): StoredRows {
  const all = reader(database);
  return {
    series: async () => all<SeriesRow>('select id, target, metric, labels from series'),
    sealedEnds: async () => all<Ends>('select series, max(last) as last from chunks group by series'),
    rollupEnds: async (width) =>
      all<Ends>('select series, max(last) as last from rollups where width = ? group by series', width),
    sampleCount: async () =>
      all<{ total: number }>('select coalesce(sum(count), 0) as total from chunks')[0]?.total ?? 0,
    async *journal() {
      yield* segments.rows();
    },
    chunks: async (ids, from, to) =>
      ids.flatMap((id) =>
        all<ChunkRow>(
          'select series, first, last, count, body from chunks where series = ? and last >= ? and first <= ? order by last',
          id,
          from,
          to,
        ),
      ),
    lastChunk: async (id) =>
      all<ChunkRow>(
        'select series, first, last, count, body from chunks where series = ? order by last desc limit 1',
        id,
      )[0],
    rollups: async (ids, width, from, to) =>
      ids.flatMap((id) =>
        all<RollupRow>(
          'select series, width as widthMs, first, last, body from rollups where series = ? and width = ? and last >= ? and first <= ? order by last, id',
          id,
          width,
          from,
          to,
        ),
      ),
    bytes: async () => sizeOf(file) + sizeOf(`${file}-wal`) + segments.bytes(),
  };
}

/** Why the file cannot be used, in one line that names the remedy. */
export function refusalOf(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || !('errcode' in error)) return error;
  if (error.errcode === sqliteBusy)
    return new StoreInUse(`${inUseWords(file)}, or name another \`store:\` in upkeep.yaml`);
  return new StoreUnavailable(`${file} cannot be used as the sample store: ${messageOf(error)}`);
}

export function versionOf(database: DatabaseSync): number {
  return reader(database)<{ user_version: number }>('pragma user_version')[0]?.user_version ?? 0;
}

/** Rows as the caller names them: the column list stands right beside the type. */
export function reader(database: DatabaseSync) {
  const prepared = new Map<string, StatementSync>();
  return <Row>(sql: string, ...parameters: SQLInputValue[]): Row[] => {
    let statement = prepared.get(sql);
    if (!statement) {
      statement = database.prepare(sql);
      prepared.set(sql, statement);
    }
    return statement.all(...parameters) as Row[];
  };
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
