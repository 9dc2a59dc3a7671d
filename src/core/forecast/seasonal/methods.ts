/** Ways to continue an evenly spaced series. Each takes the past and gives the next `horizon` values. Pure. */
import { medianOf } from '../robust-slope.ts';

export interface Method {
  /** `season naive 168`, for people. */
  readonly name: string;
  /** Values that must be known. */
  readonly least: number;
  readonly continue: (past: readonly number[], horizon: number) => number[];
}

/** The last season again (the benchmark that every forecast must beat). */
export function seasonNaive(season: number): Method {
  return {
    name: `season naive ${season}`,
    least: season,
    continue: (past, horizon) =>
      Array.from({ length: horizon }, (_, i) => past[past.length - season + (i % season)] ?? Number.NaN),
  };
}

/** The mean of each place of the season over the last four seasons, raised or lowered to the last season's level. */
export function profile(season: number): Method {
  return {
    name: `profile ${season}`,
    least: 2 * season,
    continue: (past, horizon) => {
      const seasons = Math.min(4, Math.floor(past.length / season));
      const recent = past.slice(-seasons * season);
      const shape = Array.from({ length: season }, (_, place) => {
        let sum = 0;
        for (let i = place; i < recent.length; i += season) sum += recent[i] ?? 0;
        return sum / seasons;
      });
      const shift = mean(past.slice(-season)) - mean(shape);
      return Array.from({ length: horizon }, (_, i) => (shape[i % season] ?? 0) + shift);
    },
  };
}

/**
 * The profile as shares of its level, where the level goes on growing by the median step of the last seasons: traffic that
 * grows grows at noon more than at night. For values of 0 and above.
 */
export function growingProfile(season: number): Method {
  return {
    name: `growing profile ${season}`,
    least: 3 * season,
    continue: (past, horizon) => {
      const seasons = Math.min(6, Math.floor(past.length / season));
      const recent = past.slice(-seasons * season);
      const levels = Array.from({ length: seasons }, (_, i) =>
        mean(recent.slice(i * season, (i + 1) * season)),
      );
      const steps = levels.slice(1).map((level, i) => level - (levels[i] ?? level));
      const step = medianOf(steps.sort((a, b) => a - b));
      const last = levels.at(-1) ?? 0;
      return Array.from({ length: horizon }, (_, i) => {
        const place = i % season;
        const shares = levels.map((level, k) => (level > 0 ? (recent[k * season + place] ?? 0) / level : 1));
        return mean(shares.slice(-4)) * Math.max(0, last + step * (1 + Math.floor(i / season)));
      });
    },
  };
}

/** Theta (Assimakopoulos and Nikolopoulos 2000) in the form of Hyndman and Billah 2003: smoothing plus half the slope. */
export function theta(season: number): Method {
  return {
    name: `theta ${season}`,
    least: 2 * season + 2,
    continue: (past, horizon) => {
      const seasonal = seasonalParts(past, season);
      const plain = past.map((value, i) => value - (seasonal[i % season] ?? 0));
      const slope = leastSquaresSlope(plain) / 2;
      const { alpha, level } = bestSmoothing(plain);
      const n = plain.length;
      const lag = (1 - (1 - alpha) ** n) / alpha;
      return Array.from(
        { length: horizon },
        (_, i) => level + slope * (i + lag) + (seasonal[(n + i) % season] ?? 0),
      );
    },
  };
}

/** Holt-Winters, additive, with a damped trend (Gardner and McKenzie 1985); parameters from a small grid. */
export function holtWinters(season: number): Method {
  return {
    name: `Holt-Winters ${season}`,
    least: 3 * season,
    continue: (past, horizon) => {
      let best: Fitted | null = null;
      for (const alpha of [0.1, 0.3, 0.6])
        for (const beta of [0.01, 0.1])
          for (const gamma of [0.1, 0.3]) {
            const fitted = fitHoltWinters(past, season, alpha, beta, gamma);
            if (best === null || fitted.error < best.error) best = fitted;
          }
      if (best === null) return [];
      const { level, trend, seasonal } = best;
      let damped = 0;
      return Array.from({ length: horizon }, (_, i) => {
        damped += damping ** (i + 1);
        return level + damped * trend + (seasonal[(past.length + i) % season] ?? 0);
      });
    },
  };
}

/** The mean of two or more. */
export function combined(...methods: readonly Method[]): Method {
  return {
    name: methods.map(({ name }) => name).join(' with '),
    least: Math.max(...methods.map(({ least }) => least)),
    continue: (past, horizon) => {
      const each = methods.map((method) => method.continue(past, horizon));
      return Array.from({ length: horizon }, (_, i) => mean(each.map((values) => values[i] ?? Number.NaN)));
    },
  };
}

const damping = 0.98;

interface Fitted {
  readonly error: number;
  readonly level: number;
  readonly trend: number;
  readonly seasonal: readonly number[];
}

function fitHoltWinters(
  past: readonly number[],
  season: number,
  alpha: number,
  beta: number,
  gamma: number,
): Fitted {
  const seasonal = seasonalParts(past.slice(0, 3 * season), season);
  let level = mean(past.slice(0, season));
  let trend = (mean(past.slice(season, 2 * season)) - level) / season;
  let error = 0;
  for (const [i, value] of past.entries()) {
    const place = i % season;
    const part = seasonal[place] ?? 0;
    const expected = level + damping * trend;
    if (i >= season) error += Math.abs(value - expected - part);
    const next = alpha * (value - part) + (1 - alpha) * expected;
    trend = beta * (next - level) + (1 - beta) * damping * trend;
    level = next;
    seasonal[place] = gamma * (value - level) + (1 - gamma) * part;
  }
  return { error, level, trend, seasonal };
}

/** What each place of the season adds to the level around it; the sum is 0. */
function seasonalParts(past: readonly number[], season: number): number[] {
  const sums = new Float64Array(season);
  const counts = new Float64Array(season);
  const half = Math.floor(season / 2);
  let window = past.slice(0, season).reduce((a, b) => a + b, 0);
  for (let start = 0; start + season <= past.length; start++) {
    if (start > 0) window += (past[start + season - 1] ?? 0) - (past[start - 1] ?? 0);
    const centre = start + half;
    sums[centre % season] = (sums[centre % season] ?? 0) + (past[centre] ?? 0) - window / season;
    counts[centre % season] = (counts[centre % season] ?? 0) + 1;
  }
  const parts = Array.from(sums, (sum, i) => (counts[i] ? sum / (counts[i] ?? 1) : 0));
  const middle = mean(parts);
  return parts.map((part) => part - middle);
}

function bestSmoothing(values: readonly number[]): { alpha: number; level: number } {
  let best = { alpha: 0.1, level: 0, error: Number.POSITIVE_INFINITY };
  for (const alpha of [0.02, 0.05, 0.1, 0.2, 0.4, 0.7]) {
    let level = values[0] ?? 0;
    let error = 0;
    for (const value of values) {
      error += (value - level) ** 2;
      level += alpha * (value - level);
    }
    if (error < best.error) best = { alpha, level, error };
  }
  return best;
}

function leastSquaresSlope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const average = mean(values);
  let [product, square] = [0, 0];
  for (const [i, value] of values.entries()) {
    product += (i - middle) * (value - average);
    square += (i - middle) ** 2;
  }
  return square === 0 ? 0 : product / square;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length;
}
