/**
 * How long a target was watched, and how long of that it was down. Reports, objectives, the overview and the status page
 * all count here, so that none contradicts another.
 */
import type { MeasuredTime } from '../core/burn-rate/error-budget.ts';
import type { SampleStore } from '../store/samples/index.ts';
import type { Watched } from './bound.ts';

export interface Span {
  /** Epoch ms, included. */
  readonly from: number;
  /** Epoch ms, excluded. */
  readonly to: number;
}

export interface TargetTime extends MeasuredTime {
  /** Liveness checks that ran and gave an answer about the target. */
  readonly checks: number;
}

/**
 * Each check stands for the interval it had then; what nobody watched, and checks that could not run, are in neither.
 * @param spans in order and without overlap, such as a day without its maintenance
 */
export async function measuredTime(
  samples: Pick<SampleStore, 'covered'>,
  watched: Watched,
  spans: readonly Span[],
): Promise<TargetTime> {
  const sum = { checks: 0, measuredMs: 0, badMs: 0 };
  const { name, system } = watched.settings;
  const usualMs = livenessIntervalMs(watched);
  for (const { from, to } of spans) {
    const found = await samples.covered({ target: name, metric: `${system}.up`, from, to, usualMs });
    // Series side by side share one span.
    const share = found.length === 0 ? 0 : 1 / found.length;
    for (const { count, measuredMs, heldMs } of found) {
      sum.checks += count;
      sum.measuredMs += measuredMs * share;
      sum.badMs += (measuredMs - heldMs) * share;
    }
  }
  return sum;
}

/** Of a target, or of several side by side; null where nothing was measured. */
export function availabilityOf(all: readonly MeasuredTime[]): number | null {
  const measuredMs = all.reduce((sum, one) => sum + one.measuredMs, 0);
  const badMs = all.reduce((sum, one) => sum + one.badMs, 0);
  return measuredMs > 0 ? (measuredMs - badMs) / measuredMs : null;
}

/** How often a target is asked whether it lives. */
export function livenessIntervalMs({ settings, bound }: Pick<Watched, 'settings' | 'bound'>): number {
  const liveness = bound.checks.find(({ probe }) => probe.liveness)?.probe;
  return Math.max(settings.everyMs, liveness?.atMostEveryMs ?? 0);
}
