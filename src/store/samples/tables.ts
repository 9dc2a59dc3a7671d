/**
 * What the sample store asks of an engine. Each `commit` is one transaction; where the journal is a file of its own,
 * its row follows the rest of the commit, which by itself takes or repeats no sample.
 */
import { StoreTooNew } from '../refusals.ts';

export interface SeriesRow {
  readonly id: number;
  readonly target: string;
  readonly metric: string;
  /** JSON object. */
  readonly labels: string;
}

export interface ChunkRow {
  readonly series: number;
  /** Times of the first and the last sample, epoch milliseconds. */
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly body: Uint8Array;
}

export interface RollupRow {
  readonly series: number;
  readonly widthMs: number;
  /** Start of the first bucket; start of the last bucket. */
  readonly first: number;
  readonly last: number;
  readonly body: Uint8Array;
}

export interface JournalRow {
  readonly id: number;
  /** When it arrived, by our clock. */
  readonly received: number;
  readonly body: Uint8Array;
}

export interface Commit {
  readonly series: readonly SeriesRow[];
  readonly chunks: readonly ChunkRow[];
  readonly rollups: readonly RollupRow[];
  readonly journal?: JournalRow;
  /** Journal rows below this id are no longer needed. */
  readonly journalFrom?: number;
}

/** Ends of the stored parts of a series, as found at the start. */
export interface Ends {
  readonly series: number;
  readonly last: number;
}

/** What is stored, for whoever reads. */
export interface StoredRows {
  series(): Promise<SeriesRow[]>;
  /** Newest sealed sample of each series. */
  sealedEnds(): Promise<Ends[]>;
  /** Newest bucket start of that width of each series. */
  rollupEnds(widthMs: number): Promise<Ends[]>;
  sampleCount(): Promise<number>;
  /** In the order of writing; a row that cannot be read stands for a damaged stretch. */
  journal(): AsyncIterable<JournalRow>;
  /** Chunks that overlap [from, to], by series, ascending within each. */
  chunks(series: readonly number[], from: number, to: number): Promise<ChunkRow[]>;
  lastChunk(series: number): Promise<ChunkRow | undefined>;
  /** Rollup rows with a bucket start in [from, to], by series, ascending within each. */
  rollups(series: readonly number[], widthMs: number, from: number, to: number): Promise<RollupRow[]>;
  /** Bytes on disk, with the write-ahead log where it is a file of ours. */
  bytes(): Promise<number>;
}

/** Of a store that holds nothing yet. */
export const noRows: StoredRows = {
  series: async () => [],
  sealedEnds: async () => [],
  rollupEnds: async () => [],
  sampleCount: async () => 0,
  async *journal() {},
  chunks: async () => [],
  lastChunk: async () => undefined,
  rollups: async () => [],
  bytes: async () => 0,
};

/** What the one that writes has in its hands. */
export interface Tables extends StoredRows {
  commit(changes: Commit): Promise<void>;
  /** Resolves once all that was committed before the call survives a power cut. */
  durable(): Promise<void>;
  /** Deletes chunks whose last sample is older; says how many rows and samples went. */
  dropChunks(series: readonly number[], before: number): Promise<{ rows: number; samples: number }>;
  /** Deletes rollup rows whose last bucket start is older. */
  dropRollups(series: readonly number[], widthMs: number, before: number): Promise<number>;
  /** Of these, the series of which no chunk and no rollup is left. */
  emptyOf(series: readonly number[]): Promise<number[]>;
  dropSeries(series: readonly number[]): Promise<void>;
  /** Gives freed space back, as far as the engine does that without stopping work. */
  shrink(): Promise<void>;
  close(): Promise<void>;
}

/** The stored format; a newer one is refused at the start. */
export const formatVersion = 2;

export function refuseNewer(found: number, where: string): void {
  if (found > formatVersion) {
    throw new StoreTooNew(
      `${where} was written by a newer Upkeep (sample format ${found}, this one knows ${formatVersion}): start that newer version, or name another store`,
    );
  }
}
