/**
 * Taking samples in. What an append brings goes to the journal first and into memory while the disk confirms it;
 * sealing has turns of its own. When a commit or a confirmation fails, memory is built anew from the tables, which
 * alone know how it ended.
 */
import { Bindings, type Definition, unbound } from './bindings.ts';
import type { Points } from './chunk.ts';
import { Columns } from './columns.ts';
import { JournalWriter, readJournal } from './journal.ts';
import { coarseMs } from './rollup.ts';
import { prepareSeal, type Seal } from './seal.ts';
import { keptSamples, type Series, SeriesRegistry } from './series.ts';
import type { SeriesRow, Tables } from './tables.ts';

/** A head that fills slowly is sealed at this age, so that the journal stays short. */
const sealAgeMs = 2 * 3_600_000;
const ageScanMs = 60_000;
/** Sealed in one turn, for which an append waits that comes meanwhile: about 3 ms. */
const sealsPerTurn = 16;
/** What is ripe waits for company, as a transaction of few seals writes as many pages as one of many; but not long. */
const sealTogether = 8;
const sealAfterAppends = 4;
/**
 * Samples that may come in while something is ripe, about 16 MB; after that appends do the sealing and fail when it
 * fails.
 */
const mostPutOff = 1_000_000;
/** After a failed turn, as memory is then read anew. */
const sealAgainMs = 10_000;
const dayMs = 86_400_000;

export interface Batch {
  readonly definitions: readonly Definition[];
  /** How many samples the columns hold. */
  readonly count: number;
  /** The buffer of `Columns`. */
  readonly columns: ArrayBuffer;
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

export class Writing {
  readonly counts: Counts = { late: 0, overLimit: 0, damaged: 0, sealedSamples: 0 };
  registry = new SeriesRegistry();
  private readonly tables: Tables;
  private readonly maxSeries: number;
  private readonly mostPutOff: number;
  private readonly bindings = new Bindings();
  private readonly journal = new JournalWriter();
  private readonly scratch = { at: new Float64Array(1024), values: new Float64Array(1024) };
  /** Slot of each sample that is being taken. */
  private taken = new Uint32Array(4_096);
  private ripe = new Set<Series>();
  /** Not yet in the series table. */
  private fresh = new Set<Series>();
  private failed: { at: number; error: unknown } | undefined;
  private nextRow = 1;
  private lastScan = Number.NEGATIVE_INFINITY;
  private sealsSinceTrim = 0;
  private appendsSinceSeal = 0;
  /** Samples taken in since something became ripe. */
  private putOff = 0;
  private mustReload = true;

  constructor(tables: Tables, maxSeries: number, putOffAtMost = mostPutOff) {
    this.tables = tables;
    this.maxSeries = maxSeries;
    this.mostPutOff = putOffAtMost;
  }

  /** Reads what is stored. Reads it again after a failed commit: only the tables know how that ended. */
  async load(): Promise<void> {
    if (!this.mustReload) return;
    const registry = new SeriesRegistry();
    const byId = new Map<number, Series>();
    for (const row of await this.tables.series()) byId.set(row.id, registry.load(row));
    for (const { series: id, last } of await this.tables.sealedEnds()) {
      const series = byId.get(id);
      if (series) registry.sealed(series, last, undefined);
    }
    for (const { series: id, last } of await this.tables.rollupEnds(coarseMs)) {
      const series = byId.get(id);
      if (series) registry.gathered(series, Math.floor(last / dayMs) * dayMs + dayMs);
    }
    const sealedSamples = await this.tables.sampleCount();
    this.ripe = new Set();
    this.fresh = new Set();
    await this.replay(byId, registry);
    this.counts.sealedSamples = sealedSamples;
    this.registry = registry;
    this.bindings.unbindAll();
    this.mustReload = false;
  }

  private async replay(byId: ReadonlyMap<number, Series>, registry: SeriesRegistry): Promise<void> {
    const { heads } = registry;
    let newest = 0;
    for await (const { id, received, body } of this.tables.journal()) {
      newest = Math.max(newest, id);
      try {
        readJournal(body, (seriesId, at, value) => {
          const series = byId.get(seriesId);
          if (!series) registry.reserve(seriesId);
          else if (!(at <= (heads.floor[series.slot] ?? at))) {
            if (heads.push(series.slot, at, value, id, received)) this.ripe.add(series);
          }
        });
      } catch {
        this.counts.damaged++;
      }
    }
    this.nextRow = newest + 1;
  }

  /**
   * Resolves once the samples are written and taken; `durable` resolves once they survive a power cut.
   * `refused` are the handles of series past the limit.
   */
  async append(
    { definitions, count, columns }: Batch,
    now: number,
  ): Promise<{ refused: number[]; durable: Promise<void> }> {
    await this.load();
    const refused: number[] = [];
    for (const definition of definitions) {
      this.bindings.define(definition);
      if (this.bind(definition.handle) < 0) refused.push(definition.handle);
    }
    if (this.putOff > this.mostPutOff) await this.sealSome(now, sealsPerTurn + count / 64);
    return this.orReload(async () => {
      this.journal.reset();
      const row = this.nextRow;
      const accepted = this.accept(new Columns(count, columns), count);
      await this.commit([], now);
      const durable = this.tables.durable();
      this.take(accepted, row, now);
      this.appendsSinceSeal++;
      this.putOff = this.ripe.size > 0 ? this.putOff + count : 0;
      return { refused, durable };
    });
  }

  /** Into the journal; says how many are. */
  private accept({ at, values, handles }: Columns, count: number): number {
    const { journal, counts, bindings } = this;
    const { heads } = this.registry;
    if (this.taken.length < count) this.taken = new Uint32Array(count * 2);
    const { taken } = this;
    for (let i = 0; i < count; i++) {
      const handle = handles[i] ?? 0;
      let slot = bindings.slots[handle] ?? unbound;
      if (slot < 0) slot = this.bind(handle);
      const time = at[i] ?? 0;
      if (slot < 0) {
        counts.overLimit++;
      } else if (time <= (heads.floor[slot] ?? time)) {
        counts.late++;
      } else {
        taken[journal.count] = slot;
        journal.add(heads.ids[slot] ?? 0, time, values[i] ?? 0);
      }
    }
    return journal.count;
  }

  /** Into the heads. */
  private take(count: number, row: number, now: number): void {
    const { taken, registry } = this;
    const { at, values } = this.journal;
    const { heads } = registry;
    for (let i = 0; i < count; i++) {
      const slot = taken[i] ?? 0;
      if (!heads.push(slot, at[i] ?? 0, values[i] ?? 0, row, now)) continue;
      const series = registry.at(slot);
      if (series) this.ripe.add(series);
    }
  }

  /** What was taken may not be on the disk. */
  distrust(): void {
    this.mustReload = true;
  }

  /** Whether there is work for `sealSome`. */
  isRipe(now: number): boolean {
    if (this.failed && Math.abs(now - this.failed.at) < sealAgainMs) return false;
    if (this.ripe.size >= sealTogether) return true;
    if (this.ripe.size > 0 && this.appendsSinceSeal >= sealAfterAppends) return true;
    return Math.abs(now - this.lastScan) >= ageScanMs;
  }

  /** Rejects when the engine fails, and at once while the last failure is fresh. */
  async sealSome(now: number, most = sealsPerTurn): Promise<void> {
    if (this.failed && Math.abs(now - this.failed.at) < sealAgainMs) throw this.failed.error;
    await this.load();
    try {
      await this.orReload(() => this.sealAtMost(most, now));
      this.failed = undefined;
    } catch (error) {
      this.failed = { at: now, error };
      throw error;
    }
  }

  private async sealAtMost(most: number, now: number): Promise<number> {
    this.journal.reset();
    this.appendsSinceSeal = 0;
    const seals = this.ripeSeals(now, most);
    await this.commit(seals, now);
    return seals.length;
  }

  /** Seals what is old even when nothing comes in, and lets the journal go. */
  async sealAged(now: number): Promise<void> {
    await this.load();
    this.lastScan = Number.NEGATIVE_INFINITY;
    for (;;) {
      const sealed = await this.orReload(() => this.sealAtMost(256, now));
      if (sealed === 0) break;
    }
    await this.tables.commit({ series: [], chunks: [], rollups: [], journalFrom: this.oldestRow() });
  }

  private async orReload<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.mustReload = true;
      throw error;
    }
  }

  /** The slot of a handle's series, which is added when there is none; -1 past the limit. */
  private bind(handle: number): number {
    const definition = this.bindings.definition(handle);
    if (!definition) return unbound;
    const { target, metric, labels } = definition;
    let series = this.registry.get(target, metric, labels);
    if (!series && this.registry.size < this.maxSeries) {
      series = this.registry.add(target, metric, labels);
      this.fresh.add(series);
    }
    const slot = series?.slot ?? unbound;
    this.bindings.slots[handle] = slot;
    return slot;
  }

  /** Takes the series out; answers the handles that named it. */
  remove(gone: readonly Series[]): number[] {
    for (const series of gone) this.registry.remove(series);
    return this.bindings.unbind(new Set(gone.map(({ slot }) => slot)));
  }

  forget(handles: readonly number[]): void {
    this.bindings.forget(handles);
  }

  private ripeSeals(now: number, most: number): Seal[] {
    const { heads } = this.registry;
    const isAged = ({ slot }: Series) =>
      (heads.lengths[slot] ?? 0) > 0 && now - (heads.since[slot] ?? now) >= sealAgeMs;
    if (Math.abs(now - this.lastScan) >= ageScanMs) {
      this.lastScan = now;
      for (const series of this.registry.all()) if (isAged(series)) this.ripe.add(series);
    }
    const seals: Seal[] = [];
    for (const series of this.ripe) {
      if (seals.length >= most) break;
      const points = heads.read(series.slot, this.scratch);
      const cut = isAged(series) ? points.at.length : points.at.length - keptSamples;
      if (cut > 0) seals.push(this.seal(series, points, cut, now));
      this.ripe.delete(series);
    }
    return seals;
  }

  /** From here on samples up to the seal's end are late; what the head keeps is journaled anew. */
  private seal(series: Series, points: Points, cut: number, now: number): Seal {
    const seal = prepareSeal(series.id, points, cut);
    for (let i = cut; i < points.at.length; i++) {
      this.journal.add(series.id, points.at[i] ?? 0, points.values[i] ?? 0);
    }
    this.registry.heads.drop(series.slot, cut, this.nextRow, now);
    this.registry.sealed(series, seal.chunk.last, points.values[cut - 1]);
    this.counts.sealedSamples += cut;
    this.sealsSinceTrim++;
    return seal;
  }

  private async commit(seals: readonly Seal[], now: number): Promise<void> {
    const { fresh } = this;
    const hasRow = this.journal.count > 0;
    if (!hasRow && seals.length === 0) return;
    const journalFrom = this.trimPoint();
    await this.tables.commit({
      series: Array.from(fresh, toRow),
      chunks: seals.map(({ chunk }) => chunk),
      rollups: seals.flatMap(({ rollup }) => (rollup ? [rollup] : [])),
      ...(hasRow ? { journal: { id: this.nextRow, received: now, body: this.journal.finish() } } : {}),
      ...(journalFrom === undefined ? {} : { journalFrom }),
    });
    if (hasRow) this.nextRow++;
    for (const series of fresh) series.isSaved = true;
    fresh.clear();
  }

  /** The row that the oldest head still needs; asked seldom, as it looks at every series. */
  private trimPoint(): number | undefined {
    if (this.sealsSinceTrim < Math.max(16, this.registry.size / 64)) return undefined;
    this.sealsSinceTrim = 0;
    return this.oldestRow();
  }

  private oldestRow(): number {
    const { heads } = this.registry;
    let oldest = this.nextRow;
    for (const { slot } of this.registry.all()) {
      if ((heads.lengths[slot] ?? 0) > 0) oldest = Math.min(oldest, heads.oldestRow[slot] ?? oldest);
    }
    return oldest;
  }
}

function toRow({ id, target, metric, labels }: Series): SeriesRow {
  return { id, target, metric, labels: JSON.stringify(labels) };
}
