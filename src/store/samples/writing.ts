/**
 * Taking samples in. Memory runs ahead of the tables by the one commit that is under way; when that fails,
 * memory is built anew from the tables, which alone know how it ended.
 */
import type { Labels } from '../../core/sample.ts';
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
const dayMs = 86_400_000;
const unbound = -1;

/** A series as the intake names it; handles are the intake's own small numbers. */
export interface Definition {
  readonly handle: number;
  readonly target: string;
  readonly metric: string;
  readonly labels: Labels | undefined;
}

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
  private readonly definitions: (Definition | undefined)[] = [];
  /** Slot of each handle. */
  private slots = new Int32Array(1024).fill(unbound);
  private readonly journal = new JournalWriter();
  private readonly scratch = { at: new Float64Array(1024), values: new Float64Array(1024) };
  private ripe = new Set<Series>();
  private nextRow = 1;
  private lastScan = Number.NEGATIVE_INFINITY;
  private sealsSinceTrim = 0;
  private mustReload = true;

  constructor(tables: Tables, maxSeries: number) {
    this.tables = tables;
    this.maxSeries = maxSeries;
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
    await this.replay(byId, registry);
    this.counts.sealedSamples = sealedSamples;
    this.registry = registry;
    this.slots.fill(unbound);
    this.mustReload = false;
  }

  private async replay(byId: ReadonlyMap<number, Series>, { heads }: SeriesRegistry): Promise<void> {
    let row = 0;
    for (;;) {
      const rows = await this.tables.journal(row);
      for (const { id, received, body } of rows) {
        row = id;
        try {
          readJournal(body, (seriesId, at, value) => {
            const series = byId.get(seriesId);
            if (!series || at <= (heads.floor[series.slot] ?? at)) return;
            if (heads.push(series.slot, at, value, id, received)) this.ripe.add(series);
          });
        } catch {
          this.counts.damaged++;
        }
      }
      if (rows.length === 0) break;
    }
    this.nextRow = row + 1;
  }

  /** Resolves once the samples are committed. Answers the handles of series past the limit. */
  async append({ definitions, count, columns }: Batch, now: number): Promise<{ refused: number[] }> {
    await this.load();
    const refused: number[] = [];
    for (const definition of definitions) if (!this.define(definition)) refused.push(definition.handle);
    await this.orReload(() => {
      this.journal.reset();
      const seals = this.ripeSeals(now, 32 + count / 64);
      return this.commit(this.take(new Columns(count, columns), count, now), seals, now);
    });
    return { refused };
  }

  /** Into the heads and the journal; answers the series that the tables do not know yet. */
  private take({ at, values, handles }: Columns, count: number, now: number): Set<Series> {
    const { registry, journal, nextRow } = this;
    const { heads } = registry;
    const fresh = new Set<Series>();
    for (let i = 0; i < count; i++) {
      const handle = handles[i] ?? 0;
      let slot = this.slots[handle] ?? unbound;
      if (slot < 0) slot = this.bind(handle);
      const series = slot < 0 ? undefined : registry.at(slot);
      const time = at[i] ?? 0;
      if (!series) {
        this.counts.overLimit++;
      } else if (time <= (heads.floor[slot] ?? time)) {
        this.counts.late++;
      } else {
        const value = values[i] ?? 0;
        if (!series.isSaved) fresh.add(series);
        journal.add(series.id, time, value);
        if (heads.push(slot, time, value, nextRow, now)) this.ripe.add(series);
      }
    }
    return fresh;
  }

  /** Seals what is old even when nothing comes in, and lets the journal go. */
  async sealAged(now: number): Promise<void> {
    await this.load();
    this.lastScan = Number.NEGATIVE_INFINITY;
    for (;;) {
      const isDone = await this.orReload(async () => {
        this.journal.reset();
        const seals = this.ripeSeals(now, 256);
        await this.commit(new Set(), seals, now);
        return seals.length === 0;
      });
      if (isDone) break;
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

  private define(definition: Definition): boolean {
    const { handle } = definition;
    if (handle >= this.slots.length) {
      const wider = new Int32Array(Math.max(handle + 1, this.slots.length * 2)).fill(unbound);
      wider.set(this.slots);
      this.slots = wider;
    }
    this.definitions[handle] = definition;
    return this.bind(handle) >= 0;
  }

  /** The slot of a handle's series, which is added when there is none; -1 past the limit. */
  private bind(handle: number): number {
    const definition = this.definitions[handle];
    if (!definition) return unbound;
    const { target, metric, labels } = definition;
    const series =
      this.registry.get(target, metric, labels) ??
      (this.registry.size < this.maxSeries ? this.registry.add(target, metric, labels) : undefined);
    const slot = series?.slot ?? unbound;
    this.slots[handle] = slot;
    return slot;
  }

  /** Takes the series out; answers the handles that named it. */
  remove(gone: readonly Series[]): number[] {
    const slots = new Set(gone.map(({ slot }) => slot));
    for (const series of gone) this.registry.remove(series);
    const handles: number[] = [];
    for (let handle = 0; handle < this.slots.length; handle++) {
      if (!slots.has(this.slots[handle] ?? unbound)) continue;
      this.slots[handle] = unbound;
      handles.push(handle);
    }
    return handles;
  }

  /** The intake has dropped these handles and may give them to other series. */
  forget(handles: readonly number[]): void {
    for (const handle of handles) this.definitions[handle] = undefined;
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

  private async commit(fresh: ReadonlySet<Series>, seals: readonly Seal[], now: number): Promise<void> {
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
