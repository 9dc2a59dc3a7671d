/**
 * Taking samples in: decide what a commit holds, commit it, and only then change what is in memory.
 * So a failed transaction leaves nothing behind, and what is in memory is always in the tables too.
 */
import type { Labels } from '../../core/sample.ts';
import { encodeChunk } from './chunk.ts';
import { decimalsOf } from './column.ts';
import { JournalWriter, readJournal } from './journal.ts';
import { coarseMs, encodeRollups, fineMs, rollUp } from './rollup.ts';
import { chunkSamples, type Series, SeriesRegistry } from './series.ts';
import type { ChunkRow, RollupRow, SeriesRow, Tables } from './tables.ts';

/** Samples that stay in the head when it is sealed, so that small disorder across a seal is still accepted. */
const keptSamples = 16;
/** A head that fills slowly is sealed at this age, so that the journal stays short. */
const sealAgeMs = 2 * 3_600_000;
const ageScanMs = 60_000;
const dayMs = 86_400_000;

/** A series as the intake names it; handles are the intake's own small numbers. */
export interface Definition {
  readonly handle: number;
  readonly target: string;
  readonly metric: string;
  readonly labels: Labels | undefined;
}

export interface Batch {
  readonly definitions: readonly Definition[];
  readonly handles: Uint32Array;
  readonly at: Float64Array;
  readonly values: Float64Array;
}

export interface Counts {
  /** Older than the sealed end of their series. */
  late: number;
  /** Of series past the limit. */
  overLimit: number;
  /** Chunks, rollups and journal rows that could not be read. */
  damaged: number;
  sealedSamples: number;
}

interface Seal {
  readonly series: Series;
  readonly cut: number;
  readonly end: number;
}

export class Writing {
  readonly counts: Counts = { late: 0, overLimit: 0, damaged: 0, sealedSamples: 0 };
  registry = new SeriesRegistry();
  private readonly tables: Tables;
  private readonly maxSeries: number;
  private readonly handles = new Map<number, Series>();
  private readonly journal = new JournalWriter();
  private ripe = new Set<Series>();
  private nextRow = 1;
  private lastScan = Number.NEGATIVE_INFINITY;
  private sealsSinceTrim = 0;
  private mustReload = true;

  constructor(tables: Tables, maxSeries: number) {
    this.tables = tables;
    this.maxSeries = maxSeries;
  }

  /** Reads what is stored. Called again after a failed commit: only the tables know how that ended. */
  async load(): Promise<void> {
    if (!this.mustReload) return;
    for (const series of this.registry.all()) series.isListed = false;
    const registry = new SeriesRegistry();
    const byId = new Map<number, Series>();
    for (const row of await this.tables.series()) byId.set(row.id, registry.load(row));
    for (const { series: id, last } of await this.tables.sealedEnds()) {
      const series = byId.get(id);
      if (series)
        Object.assign(series, {
          sealedEnd: last,
          floor: last,
          lastAt: last,
          sealAt: chunkSamples + keptSamples,
        });
    }
    for (const { series: id, last } of await this.tables.rollupEnds(coarseMs)) {
      const series = byId.get(id);
      if (series) raiseCoarseEnd(series, Math.floor(last / dayMs) * dayMs + dayMs);
    }
    this.ripe = new Set();
    await this.replay(byId);
    this.counts.sealedSamples = await this.tables.sampleCount();
    this.registry = registry;
    this.mustReload = false;
  }

  private async replay(byId: ReadonlyMap<number, Series>): Promise<void> {
    let row = 0;
    for (;;) {
      const rows = await this.tables.journal(row);
      for (const { id, received, body } of rows) {
        row = id;
        try {
          readJournal(body, (seriesId, at, value) => {
            const series = byId.get(seriesId);
            if (series && at > series.floor) this.push(series, at, value, id, received);
          });
        } catch {
          this.counts.damaged++;
        }
      }
      if (rows.length === 0) break;
    }
    this.nextRow = row + 1;
  }

  /** Resolves once the samples are durable. Answers the handles of series past the limit; those are forgotten. */
  async append(batch: Batch, now: number): Promise<{ refused: number[] }> {
    await this.load();
    this.journal.reset();
    const refused = this.define(batch.definitions);
    const seals = this.ripeSeals(now, 32 + batch.at.length / 64);
    const prepared = seals.map((seal) => this.prepareSeal(seal));
    const fresh = new Map<number, Series>();
    const accepted: (Series | undefined)[] = new Array(batch.at.length);
    for (let i = 0; i < batch.at.length; i++) {
      const series = this.admit(batch.handles[i] ?? 0);
      const at = batch.at[i] ?? 0;
      if (!series) {
        this.counts.overLimit++;
      } else if (at <= series.floor) {
        this.counts.late++;
      } else {
        if (!series.isSaved) fresh.set(series.id, series);
        this.journal.add(series.id, at, batch.values[i] ?? 0);
        accepted[i] = series;
      }
    }
    await this.commit([...fresh.values()], seals, prepared, now);
    const row = this.nextRow - 1;
    for (let i = 0; i < accepted.length; i++) {
      const series = accepted[i];
      if (series) this.push(series, batch.at[i] ?? 0, batch.values[i] ?? 0, row, now);
    }
    return { refused };
  }

  /** Seals what is old even when nothing comes in. */
  async sealAged(now: number): Promise<void> {
    await this.load();
    for (;;) {
      const seals = this.ripeSeals(now, 256);
      if (seals.length === 0) return;
      await this.commit(
        [],
        seals,
        seals.map((seal) => this.prepareSeal(seal)),
        now,
      );
    }
  }

  private define(definitions: readonly Definition[]): number[] {
    const refused: number[] = [];
    for (const { handle, target, metric, labels } of definitions) {
      const series = this.find(target, metric, labels);
      if (series) this.handles.set(handle, series);
      else refused.push(handle);
    }
    return refused;
  }

  /** Handles of series that are gone from the store. */
  unlistedHandles(): number[] {
    return [...this.handles].flatMap(([handle, series]) => (series.isListed ? [] : [handle]));
  }

  forget(handles: readonly number[]): void {
    for (const handle of handles) this.handles.delete(handle);
  }

  private find(target: string, metric: string, labels: Labels | undefined): Series | undefined {
    const known = this.registry.get(target, metric, labels);
    if (known) return known;
    return this.registry.size < this.maxSeries ? this.registry.add(target, metric, labels) : undefined;
  }

  private admit(handle: number): Series | undefined {
    const series = this.handles.get(handle);
    if (!series || series.isListed) return series;
    const relisted = this.find(series.target, series.metric, series.labels);
    if (relisted) this.handles.set(handle, relisted);
    return relisted;
  }

  private ripeSeals(now: number, most: number): Seal[] {
    if (Math.abs(now - this.lastScan) >= ageScanMs) {
      this.lastScan = now;
      for (const series of this.registry.all()) if (isAged(series, now)) this.ripe.add(series);
    }
    const seals: Seal[] = [];
    for (const series of this.ripe) {
      if (seals.length >= most) break;
      const { at } = series.head.points();
      const cut = isAged(series, now) ? at.length : at.length - keptSamples;
      if (cut > 0) seals.push({ series, cut, end: at[cut - 1] ?? 0 });
      else this.ripe.delete(series);
    }
    return seals;
  }

  /** From here on samples up to the seal's end are late; what the head keeps is journaled anew. */
  private prepareSeal({ series, cut, end }: Seal): { chunk: ChunkRow; rollup: RollupRow | undefined } {
    const all = series.head.points();
    const points = { at: all.at.subarray(0, cut), values: all.values.subarray(0, cut) };
    const decimals = decimalsOf(points.values, cut);
    const rollups = rollUp(points, fineMs, decimals);
    const { id } = series;
    series.floor = Math.max(series.floor, end);
    for (let i = cut; i < all.at.length; i++) this.journal.add(id, all.at[i] ?? 0, all.values[i] ?? 0);
    const [firstBucket] = rollups;
    return {
      chunk: {
        series: id,
        first: points.at[0] ?? 0,
        last: end,
        count: cut,
        body: encodeChunk(points, decimals),
      },
      rollup: firstBucket && {
        series: id,
        widthMs: fineMs,
        first: firstBucket.start,
        last: rollups.at(-1)?.start ?? firstBucket.start,
        body: encodeRollups(rollups),
      },
    };
  }

  private async commit(
    fresh: readonly Series[],
    seals: readonly Seal[],
    prepared: readonly { chunk: ChunkRow; rollup: RollupRow | undefined }[],
    now: number,
  ): Promise<void> {
    const hasRow = this.journal.count > 0;
    if (!hasRow && seals.length === 0) return;
    const row = this.nextRow;
    const journalFrom = this.trimPoint();
    try {
      await this.tables.commit({
        series: fresh.map(toRow),
        chunks: prepared.map(({ chunk }) => chunk),
        rollups: prepared.flatMap(({ rollup }) => (rollup ? [rollup] : [])),
        ...(hasRow ? { journal: { id: row, received: now, body: this.journal.finish() } } : {}),
        ...(journalFrom === undefined ? {} : { journalFrom }),
      });
    } catch (error) {
      this.mustReload = true;
      throw error;
    }
    if (hasRow) this.nextRow = row + 1;
    for (const series of fresh) series.isSaved = true;
    for (const seal of seals) this.applySeal(seal, row, now);
  }

  private applySeal({ series, cut, end }: Seal, row: number, now: number): void {
    series.head.drop(cut);
    series.head.oldestRow = row;
    series.head.since = now;
    series.sealedEnd = end;
    series.sealAt = chunkSamples + keptSamples;
    this.ripe.delete(series);
    this.counts.sealedSamples += cut;
    this.sealsSinceTrim++;
  }

  /** The row that the oldest head still needs; asked seldom, as it looks at every series. */
  private trimPoint(): number | undefined {
    if (this.sealsSinceTrim < Math.max(16, this.registry.size / 64)) return undefined;
    this.sealsSinceTrim = 0;
    let oldest = this.nextRow;
    for (const { head } of this.registry.all()) {
      if (head.length > 0 && head.oldestRow < oldest) oldest = head.oldestRow;
    }
    return oldest;
  }

  private push(series: Series, at: number, value: number, row: number, received: number): void {
    const { head } = series;
    if (head.length === 0) {
      head.oldestRow = row;
      head.since = received;
    }
    head.push(at, value);
    if (at >= series.lastAt) {
      series.lastAt = at;
      series.lastValue = value;
    }
    if (head.length >= series.sealAt) this.ripe.add(series);
  }
}

function isAged({ head }: Series, now: number): boolean {
  return head.length > 0 && now - head.since >= sealAgeMs;
}

export function raiseCoarseEnd(series: Series, end: number): void {
  series.coarseEnd = end;
  series.floor = Math.max(series.floor, end - 1);
}

function toRow({ id, target, metric, labels }: Series): SeriesRow {
  return { id, target, metric, labels: JSON.stringify(labels) };
}
