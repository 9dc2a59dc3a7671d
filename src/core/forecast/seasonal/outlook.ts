/**
 * The next days of a capacity chart: of several methods the one that would have been best for this very series, with a
 * band from its own past errors. Backtests per series and a weekly season are what pays, more than any single method.
 */
import {
  combined,
  growingProfile,
  holtWinters,
  type Method,
  profile,
  seasonNaive,
  theta,
} from './methods.ts';

export interface OutlookSettings {
  /** Values in a day (24 for hourly ones). */
  readonly day: number;
  /** Values to forecast. */
  readonly horizon: number;
  /** Share of future values that the band should hold; 0.8 where left out. */
  readonly coverage?: number;
}

export type Outlook =
  | {
      readonly kind: 'outlook';
      /** `theta 168`, for people. */
      readonly method: string;
      /** In the order of time, at the distance of the past values. */
      readonly values: readonly { readonly value: number; readonly low: number; readonly high: number }[];
      /** Mean absolute error in the backtests over that of repeating the last day: below 1 is better than that. */
      readonly relativeError: number;
    }
  | { readonly kind: 'unknown'; readonly reason: string };

const folds = 6;

/**
 * `past`: evenly spaced values in the order of time, gaps filled; eight weeks of hours are plenty. Costs some tens of
 * milliseconds for those, so make it when a chart asks.
 */
export function outlook(past: readonly number[], settings: OutlookSettings): Outlook {
  const { day, horizon, coverage = 0.8 } = settings;
  if (past.some((value) => !Number.isFinite(value))) return { kind: 'unknown', reason: 'the past has gaps' };
  // The backtests use the later half at most, so that methods which need several seasons have their chance.
  const step = Math.max(1, Math.min(horizon, Math.floor(past.length / 2 / folds)));
  const origins = Array.from({ length: folds }, (_, i) => past.length - step * (folds - i)).filter(
    (at) => at >= 2 * day,
  );
  const candidates = methodsFor(day, past).filter(({ least }) => least <= (origins[0] ?? 0));
  if (origins.length < 3 || candidates.length === 0)
    return { kind: 'unknown', reason: `${past.length} values are known, ${4 * day} are needed` };
  const tried = candidates.map((method) => ({ method, errors: backtest(method, past, origins, horizon) }));
  const naive = meanAbsolute(tried.find(({ method }) => method.name === seasonNaive(day).name)?.errors ?? []);
  const best = tried.reduce((a, b) => (meanAbsolute(b.errors) < meanAbsolute(a.errors) ? b : a));
  const band = bandOf(best.errors, coverage, day);
  const values = best.method.continue(past, horizon).map((value, i) => {
    const { low, high } = band(i);
    return { value, low: value + low, high: value + high };
  });
  const relativeError = naive === 0 ? 1 : meanAbsolute(best.errors) / naive;
  return { kind: 'outlook', method: best.method.name, values, relativeError };
}

function methodsFor(day: number, past: readonly number[]): readonly Method[] {
  const week = 7 * day;
  const isPositive = past.every((value) => value >= 0);
  return [
    ...(isPositive ? [growingProfile(day), growingProfile(week)] : []),
    seasonNaive(day),
    seasonNaive(week),
    profile(day),
    profile(week),
    theta(day),
    theta(week),
    holtWinters(day),
    combined(seasonNaive(week), theta(week)),
    combined(profile(week), holtWinters(day)),
  ];
}

/** What came less what was forecast, with the distance ahead. */
interface Miss {
  readonly ahead: number;
  readonly error: number;
}

function backtest(
  method: Method,
  past: readonly number[],
  origins: readonly number[],
  horizon: number,
): Miss[] {
  return origins.flatMap((origin) =>
    method
      .continue(past.slice(0, origin), Math.min(horizon, past.length - origin))
      .map((value, ahead) => ({ ahead, error: (past[origin + ahead] ?? value) - value })),
  );
}

function meanAbsolute(misses: readonly Miss[]): number {
  return misses.reduce((sum, { error }) => sum + Math.abs(error), 0) / Math.max(1, misses.length);
}

/**
 * Quantiles of the errors by the day ahead, and never narrower for a later day. What was chosen for small errors on few
 * origins errs more later, so the quantiles are taken further out than asked (by the half of what would be missed).
 */
function bandOf(
  misses: readonly Miss[],
  coverage: number,
  day: number,
): (ahead: number) => { low: number; high: number } {
  const tail = ((1 - coverage) / 2) * 0.5;
  const bands: { low: number; high: number }[] = [];
  for (let from = 0; ; from += day) {
    const errors = misses
      .filter(({ ahead }) => ahead >= from && ahead < from + day)
      .map(({ error }) => error);
    if (errors.length === 0) break;
    errors.sort((a, b) => a - b);
    const before = bands.at(-1) ?? { low: 0, high: 0 };
    bands.push({
      low: Math.min(before.low, errors[Math.floor(tail * errors.length)] ?? 0),
      high: Math.max(before.high, errors[Math.ceil((1 - tail) * errors.length) - 1] ?? 0),
    });
  }
  return (ahead) => bands[Math.min(bands.length - 1, Math.floor(ahead / day))] ?? { low: 0, high: 0 };
}
