/** Takes pushed series: each origin goes to the target that claims it; what nobody claims is counted and listed. */
import type { PushedPoint, Receipt } from '../../core/inbox.ts';
import { type Labels, labelKey, type Reading } from '../../core/sample.ts';
import type { Estate } from '../bound.ts';
import type { Desk } from '../desk.ts';

/** Readings of one moment of a target. */
export type TakeReadings = (target: string, readings: readonly Reading[], at: number) => void;

export interface Batch {
  /** `service.name`, `host.name` … of OTLP; `job` and `instance` of Prometheus. */
  readonly origin: Labels;
  readonly points: readonly PushedPoint[];
}

export interface Unclaimed {
  readonly origin: Labels;
  /** Points since the start. */
  readonly points: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly example: string;
}

export interface Pushed {
  take(batches: readonly Batch[]): { readonly points: number; readonly unclaimed: number };
  receiptOf(target: string): Receipt | null;
  /** When each target last sent something, to be kept over a restart. */
  lastAt(): Readonly<Record<string, number>>;
  restore(lastAt: Readonly<Record<string, number>>): void;
  /** What came and belongs to no target, the newest first. */
  unclaimed(): readonly Unclaimed[];
  readonly counts: { points: number; unclaimed: number; stale: number };
}

const mostListed = 200;
/** Older points are history that a sender makes up for; rules judge the present. */
const staleAfterMs = 300_000;
/** Clocks that are ahead. */
const mostAheadMs = 60_000;

export function createPushed(
  desk: Desk,
  options: { readonly estate: () => Estate; readonly takeReadings: TakeReadings },
): Pushed {
  const { clock } = desk;
  const receipts = new Map<string, Receipt>();
  const strangers = new Map<string, Unclaimed>();
  const counts = { points: 0, unclaimed: 0, stale: 0 };

  function claimant(origin: Labels): string | undefined {
    for (const [name, { bound }] of options.estate().targets)
      if (bound.receiving?.claims?.(origin)) return name;
    return undefined;
  }

  function note({ origin, points }: Batch) {
    counts.unclaimed += points.length;
    const key = labelKey(origin);
    const before = strangers.get(key);
    const now = clock.now();
    if (!before)
      desk.log.warn('metrics came that belong to no target; upkeep push list names them', { origin });
    strangers.delete(key);
    const [oldest] = strangers.keys();
    if (strangers.size >= mostListed && oldest !== undefined) strangers.delete(oldest);
    strangers.set(key, {
      origin,
      points: (before?.points ?? 0) + points.length,
      firstAt: before?.firstAt ?? now,
      lastAt: now,
      example: points[0]?.name ?? before?.example ?? '',
    });
  }

  function give(target: string, points: readonly PushedPoint[]) {
    const now = clock.now();
    const fresh = points.filter(({ at }) => at > now - staleAfterMs && at < now + mostAheadMs);
    counts.stale += points.length - fresh.length;
    const read = options.estate().targets.get(target)?.bound.receiving?.read?.(fresh);
    if (!read || fresh.length === 0) return;
    receipts.set(target, { lastAt: now, series: read.series, dropped: read.dropped });
    const moments = Map.groupBy(read.readings, ({ at }) => Math.min(at, now));
    for (const [at, readings] of [...moments].sort(([a], [b]) => a - b))
      options.takeReadings(
        target,
        readings.map(({ at: _, ...reading }) => reading),
        at,
      );
  }

  return {
    counts,
    take(batches) {
      let unclaimed = 0;
      let points = 0;
      const byTarget = new Map<string, PushedPoint[]>();
      for (const batch of batches) {
        points += batch.points.length;
        const target = claimant(batch.origin);
        if (target === undefined) {
          unclaimed += batch.points.length;
          note(batch);
          continue;
        }
        const known = byTarget.get(target) ?? [];
        for (const point of batch.points) known.push(point);
        byTarget.set(target, known);
      }
      for (const [target, all] of byTarget) give(target, all);
      counts.points += points;
      return { points, unclaimed };
    },
    receiptOf: (target) => receipts.get(target) ?? null,
    lastAt: () => Object.fromEntries([...receipts].map(([target, { lastAt }]) => [target, lastAt])),
    restore(lastAt) {
      for (const [target, at] of Object.entries(lastAt))
        if (!receipts.has(target)) receipts.set(target, { lastAt: at, series: 0, dropped: 0 });
    },
    unclaimed: () => [...strangers.values()].toReversed(),
  };
}
