/** Retention: hourly rollups of days that are over, then the end of what is too old. */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { coarseMs, decodeRollups, encodeRollups, fineMs, type Rollup, widen } from './rollup.ts';
import type { Series } from './series.ts';
import { fineKeptMs, type Retention } from './sources.ts';
import type { RollupRow, Tables } from './tables.ts';
import type { Writing } from './writing.ts';

const dayMs = 86_400_000;
/** A day is taken as over when even slow heads have been sealed. */
const settleMs = 6 * 3_600_000;
/** Series between two looks at other work. */
const together = 64;

export interface Pruned {
  chunks: number;
  rollups: number;
  /** Handles of series that are gone. */
  unlisted: number[];
}

/** `exclusive` runs a piece of work with no append at the same time. */
export async function prune(
  writing: Writing,
  tables: Tables,
  retention: Retention,
  now: number,
  exclusive: <T>(work: () => Promise<T>) => Promise<T>,
): Promise<Pruned> {
  await exclusive(() => writing.sealAged(now));
  const all = [...writing.registry.all()];
  const pruned: Pruned = { chunks: 0, rollups: 0, unlisted: [] };
  for (let i = 0; i < all.length; i += together) {
    const part = all.slice(i, i + together).filter((series) => writing.registry.has(series));
    await exclusive(() => prunePart(part, writing, tables, retention, now, pruned));
    await letOthersRun();
  }
  await exclusive(() => tables.shrink());
  return pruned;
}

async function prunePart(
  part: readonly Series[],
  writing: Writing,
  tables: Tables,
  retention: Retention,
  now: number,
  pruned: Pruned,
): Promise<void> {
  await gatherDays(part, writing, tables, now);
  const ids = part.map(({ id }) => id);
  const { rows, samples } = await tables.dropChunks(ids, now - retention.rawMs);
  writing.counts.sealedSamples -= samples;
  pruned.chunks += rows;
  pruned.rollups += await tables.dropRollups(ids, fineMs, now - fineKeptMs(retention) - fineMs);
  pruned.rollups += await tables.dropRollups(ids, coarseMs, now - retention.rollupMs - coarseMs);
  await dropEmpty(part, writing, tables, now - retention.rollupMs, pruned);
}

/** Makes one row of hourly rollups for each day of each series that is over. */
async function gatherDays(
  part: readonly Series[],
  writing: Writing,
  tables: Tables,
  now: number,
): Promise<void> {
  const over = Math.floor((now - settleMs) / dayMs) * dayMs;
  const due = part.filter((series) => series.coarseEnd < over);
  if (due.length === 0) return;
  const from = Math.min(...due.map(({ coarseEnd }) => coarseEnd));
  const rows = await tables.rollups(
    due.map(({ id }) => id),
    fineMs,
    Number.isFinite(from) ? from : -(2 ** 51),
    over - 1,
  );
  const days: RollupRow[] = [];
  const ends = new Map<Series, number>();
  for (const series of due) {
    const until = Math.min(over, firstUnsealedDay(series, writing));
    const fine = rows
      .filter((row) => row.series === series.id)
      .flatMap(({ body }) => readable(body, writing))
      .filter(({ start }) => start >= series.coarseEnd && start < until);
    for (const [day, rollups] of byDay(fine)) {
      days.push(dayRow(series.id, rollups));
      ends.set(series, day + dayMs);
    }
  }
  if (days.length === 0) return;
  await tables.commit({ series: [], chunks: [], rollups: days });
  for (const [series, end] of ends) writing.registry.gathered(series, end);
}

function firstUnsealedDay({ slot }: Series, { registry }: Writing): number {
  const [first] = registry.heads.points(slot).at;
  return first === undefined ? Infinity : Math.floor(first / dayMs) * dayMs;
}

function readable(body: Uint8Array, writing: Writing): Rollup[] {
  try {
    return decodeRollups(body);
  } catch {
    writing.counts.damaged++;
    return [];
  }
}

function byDay(rollups: readonly Rollup[]): Map<number, Rollup[]> {
  return Map.groupBy(rollups, ({ start }) => Math.floor(start / dayMs) * dayMs);
}

function dayRow(series: number, fine: readonly Rollup[]): RollupRow {
  const hours = widen(fine, coarseMs);
  return {
    series,
    widthMs: coarseMs,
    first: hours[0]?.start ?? 0,
    last: hours.at(-1)?.start ?? 0,
    body: encodeRollups(hours),
  };
}

async function dropEmpty(
  part: readonly Series[],
  writing: Writing,
  tables: Tables,
  before: number,
  pruned: Pruned,
): Promise<void> {
  const { lengths } = writing.registry.heads;
  const silent = part.filter(
    ({ slot, sealedEnd, isSaved }) => isSaved && lengths[slot] === 0 && sealedEnd < before,
  );
  if (silent.length === 0) return;
  const empty = new Set(await tables.emptyOf(silent.map(({ id }) => id)));
  const gone = silent.filter(({ id }) => empty.has(id));
  await tables.dropSeries(gone.map(({ id }) => id));
  pruned.unlisted.push(...writing.remove(gone));
}
