/** The same samples for every store: 2,000 series of 100 targets, one value each in 10 s. */
import type { Sample } from '../src/core/sample.ts';

export const seriesCount = 2_000;
export const tickMs = 10_000;
const targets = 100;

/** Of 20 series: 6 percentages, 2 latencies, 2 full doubles, 6 counters, 3 constants, 1 that seldom moves. */
const kinds = [
  ...Array<Kind>(6).fill('percent'),
  ...Array<Kind>(2).fill('latency'),
  ...Array<Kind>(2).fill('double'),
  ...Array<Kind>(6).fill('counter'),
  ...Array<Kind>(3).fill('constant'),
  'slow' as const,
];
type Kind = 'percent' | 'latency' | 'double' | 'counter' | 'constant' | 'slow';

/** Samples of `ticks` ticks from `start` on; the same call gives the same samples. */
export function* workload(start: number, ticks: number): Generator<Sample[]> {
  const random = seeded(20_251_122);
  const series = Array.from({ length: seriesCount }, (_, i) => ({
    kind: kinds[i % kinds.length] ?? 'constant',
    // A probe names its metrics once, not with every sample.
    metric: `bench.${kinds[i % kinds.length] ?? 'constant'}`,
    target: `target-${i % targets}`,
    labels: { part: `${Math.floor(i / targets)}` },
    // Checks are spread over the interval and start within two milliseconds of their turn.
    offset: Math.floor(((i % targets) * tickMs) / targets),
    value: random() * 100,
  }));
  for (let tick = 0; tick < ticks; tick++) {
    yield series.map((one) => {
      one.value = nextValue(one.kind, one.value, random);
      return {
        target: one.target,
        metric: one.metric,
        labels: one.labels,
        at: start + tick * tickMs + one.offset + Math.floor(random() * 3),
        value: shown(one.kind, one.value),
      };
    });
  }
}

function nextValue(kind: Kind, value: number, random: () => number): number {
  switch (kind) {
    case 'percent':
      return Math.min(100, Math.max(0, value + (random() - 0.5) * 4));
    case 'latency':
      return 0.005 + random() * random() * 0.02;
    case 'double':
      return value + random() - 0.5;
    case 'counter':
      return value + Math.floor(random() * 200);
    case 'slow':
      return random() < 0.02 ? value + 1 : value;
    case 'constant':
      return value;
  }
}

function shown(kind: Kind, value: number): number {
  if (kind === 'percent' || kind === 'constant') return Math.round(value * 100) / 100;
  if (kind === 'latency') return Math.round(value * 1e6) / 1e6;
  return kind === 'double' ? value : Math.floor(value);
}

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
