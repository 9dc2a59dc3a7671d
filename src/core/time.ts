/**
 * Time as the rest of the code sees it: an argument.
 * The only implementation that asks the machine is `src/clock.ts`.
 */
export interface Clock {
  /** Wall time in integer milliseconds since the epoch. */
  now(): number;
  /** Milliseconds with fractions that never go back; only differences mean something. */
  monotonic(): number;
  /** Resolves after `ms`, or rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `wake` once after `ms`; the returned function takes it back. */
  after(ms: number, wake: () => void): () => void;
}

const units: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Reads `500ms`, `10s`, `1m30s`, `2h`, `7d`, `1w` as milliseconds; `undefined` when it is no duration. */
export function parseDuration(text: string): number | undefined {
  const source = text.trim();
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/.test(source)) return undefined;
  let total = 0;
  for (const [, amount, unit] of source.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g)) {
    total += Number(amount) * (units[unit ?? ''] ?? Number.NaN);
  }
  return Math.round(total);
}

/** As `parseDuration` reads it, in the largest unit that needs no fraction, up to days: `30d`, `90s`, `100ms`. */
export function writeDuration(ms: number): string {
  const unit = ['d', 'h', 'm', 's'].find((one) => ms !== 0 && ms % (units[one] ?? Number.NaN) === 0) ?? 'ms';
  return `${ms / (units[unit] ?? 1)}${unit}`;
}

/** For sentences about incidents, where nobody counts milliseconds: `less than a second`, then as `formatDuration`. */
export function sayDuration(ms: number): string {
  return ms >= 0 && ms < 1_000 ? 'less than a second' : formatDuration(ms);
}

/** `at once`, `4.2 s after it began`. */
export function sayDelay(ms: number, after: string): string {
  return ms < 1_000 ? 'at once' : `${formatDuration(ms)} after ${after}`;
}

/** Says a span as people do: `350 ms`, `4.2 s`, `3 m 20 s`, `2 h 5 m`, `6 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(1))} s`;
  const [large, largeMs, small, smallMs]: readonly [string, number, string, number] =
    ms < 3_600_000
      ? ['m', 60_000, 's', 1_000]
      : ms < 86_400_000
        ? ['h', 3_600_000, 'm', 60_000]
        : ['d', 86_400_000, 'h', 3_600_000];
  // Rounded before it is split, so that 24 h never stand beside a number of days.
  const rounded = Math.round(ms / smallMs) * smallMs;
  const whole = Math.floor(rounded / largeMs);
  const rest = Math.round((rounded % largeMs) / smallMs);
  return rest === 0 ? `${whole} ${large}` : `${whole} ${large} ${rest} ${small}`;
}
