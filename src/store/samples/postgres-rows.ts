/** What is stored in the sample tables in PostgreSQL, for whoever reads. */
import pg from 'pg';
import { type PostgresLocation, parseLocation, sessionSettings } from '../postgres.ts';
import { messageOf, StoreRefusal, StoreUnavailable } from '../refusals.ts';
import {
  type ChunkRow,
  type Ends,
  type JournalRow,
  noRows,
  type RollupRow,
  refuseNewer,
  type SeriesRow,
  type StoredRows,
} from './tables.ts';

const journalPage = 256;
/** Times are at most 2^51 from zero. */
const everMs = 2 ** 52;

/** Beside the one that writes, and without changing anything. Where nothing is stored yet, there are no rows. */
export async function readPostgresRows(url: string): Promise<StoredRows & { close(): Promise<void> }> {
  const location = parseLocation(url);
  const readers = readerPool(location);
  try {
    const all = rowsFrom(readers);
    const [made] = await all<{ made: boolean }>(`select to_regclass('samples_format') is not null as made`);
    const [row] = made?.made ? await all<{ format: number }>('select format from samples_format') : [];
    refuseNewer(row?.format ?? 0, location.name);
    return { ...(row === undefined ? noRows : storedRows(readers)), close: () => readers.end() };
  } catch (error) {
    await readers.end();
    throw error instanceof StoreRefusal ? error : unusable(location, error);
  }
}

export function readerPool(location: PostgresLocation): pg.Pool {
  const readers = new pg.Pool({ ...sessionSettings(location), max: 2, idleTimeoutMillis: 30_000 });
  // An idle session that breaks is replaced at the next question; without a listener it would end the process.
  readers.on('error', () => undefined);
  return readers;
}

export function rowsFrom(readers: pg.Pool) {
  return async <Row extends object>(sql: string, ...parameters: unknown[]): Promise<Row[]> =>
    (await readers.query<Row & pg.QueryResultRow>(sql, parameters)).rows;
}

export function unusable({ name }: PostgresLocation, error: unknown): StoreUnavailable {
  return new StoreUnavailable(
    `the samples in ${name} cannot be used (${messageOf(error)}); see whether the server runs and \`store:\` in upkeep.yaml is right`,
  );
}

export function storedRows(readers: pg.Pool): StoredRows {
  const all = rowsFrom(readers);
  return {
    series: () => all<SeriesRow>('select id, target, metric, labels from samples_series'),
    sealedEnds: () => all<Ends>('select series, max(last) as last from samples_chunks group by series'),
    rollupEnds: (width) =>
      all<Ends>(
        'select series, max(last) as last from samples_rollups where width = $1 group by series',
        width,
      ),
    async sampleCount() {
      const [row] = await all<{ total: number }>(
        'select coalesce(sum(count), 0)::float8 as total from samples_chunks',
      );
      return row?.total ?? 0;
    },
    async *journal() {
      let after = 0;
      for (;;) {
        const rows = await all<JournalRow>(
          `select id, received, body from samples_journal where id > $1 order by id limit ${journalPage}`,
          after,
        );
        yield* rows;
        const last = rows.at(-1);
        if (!last) return;
        after = last.id;
      }
    },
    chunks: (ids, from, to) =>
      all<ChunkRow>(
        `select series, first, last, count, body from samples_chunks
         where series = any($1::int[]) and last >= $2 and first <= $3 order by series, last`,
        ids,
        whole(from),
        whole(to),
      ),
    async lastChunk(id) {
      const [row] = await all<ChunkRow>(
        `select series, first, last, count, body from samples_chunks
         where series = $1 order by last desc limit 1`,
        id,
      );
      return row;
    },
    rollups: (ids, width, from, to) =>
      all<RollupRow>(
        `select series, width as "widthMs", first, last, body from samples_rollups
         where series = any($1::int[]) and width = $2 and last >= $3 and first <= $4 order by series, last, id`,
        ids,
        width,
        whole(from),
        whole(to),
      ),
    async bytes() {
      const [row] = await all<{ bytes: number }>(
        `select sum(pg_total_relation_size(to_regclass(name)))::float8 as bytes
         from unnest(array['samples_series', 'samples_journal', 'samples_chunks', 'samples_rollups']) as name`,
      );
      return row?.bytes ?? 0;
    },
  };
}

export function whole(time: number): number {
  return Math.round(Math.min(everMs, Math.max(-everMs, time)));
}
