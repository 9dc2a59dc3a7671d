/** Simulated disks: usage as a share of the size, a point in five minutes, and when it is full. Seeded. */
export const stepMs = 300_000;
const hourSteps = 12;
const daySteps = 24 * hourSteps;
const days = 28;

export interface Disk {
  readonly kind: string;
  readonly points: readonly { readonly at: number; readonly value: number }[];
  /** Epoch ms; null when it does not fill. */
  readonly fullAt: number | null;
}

export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Between = (low: number, high: number) => number;
/** Usage at a step, without noise. Values from 1 on mean full. */
type Usage = (step: number) => number;

/** Each gives the usage of one disk of its kind. */
export const kinds: Readonly<Record<string, (between: Between) => Usage>> = {
  'steady and flat': (b) => constant(b(0.2, 0.85)),
  'slow fill': (b) => line(b(0.5, 0.7), b(14, 24) * daySteps),
  'fill with a daily wave': (b) => {
    const fill = line(b(0.4, 0.6), b(14, 24) * daySteps);
    const height = b(0.01, 0.04);
    return (step) => fill(step) + height * Math.sin((2 * Math.PI * step) / daySteps);
  },
  'log rotation each day': (b) => saw(b(0.3, 0.7), b(0.05, 0.25), daySteps),
  'log rotation over a slow fill': (b) => {
    const fill = line(b(0.4, 0.5), b(16, 24) * daySteps);
    const height = b(0.05, 0.15);
    return (step) => fill(step) + height * ((step % daySteps) / daySteps);
  },
  'clean-up every six hours': (b) => saw(b(0.4, 0.8), b(0.05, 0.15), 6 * hourSteps),
  runaway: (b) => {
    const [base, from, hours] = [b(0.3, 0.6), b(9, 26) * daySteps, b(2, 12)];
    return (step) => base + Math.max(0, ((step - from) * (1 - base)) / (hours * hourSteps));
  },
  'one big copy': (b) => {
    const [base, from, height, hours] = [b(0.2, 0.5), b(9, 26) * daySteps, b(0.05, 0.3), b(0.2, 2)];
    return (step) => base + height * Math.min(1, Math.max(0, (step - from) / (hours * hourSteps)));
  },
  'weekly batch, cleared': (b) => saw(b(0.3, 0.6), b(0.1, 0.3), 7 * daySteps),
  'steps that add up': (b) => {
    const [base, height, every] = [b(0.3, 0.5), b(0.02, 0.04), b(0.9, 1.3) * daySteps];
    return (step) => base + height * Math.floor(step / every);
  },
  'levels off before the limit': (b) => {
    const [base, rise, span] = [b(0.2, 0.4), b(0.1, 0.3), b(2, 5) * daySteps];
    return (step) => base + rise * (1 - Math.exp(-step / span));
  },
  'compactions that double for an hour': (b) => {
    const [base, height] = [b(0.25, 0.4), b(0.15, 0.3)];
    const starts = Array.from({ length: days * 2 }, () => Math.floor(b(0, days * daySteps)));
    return (step) => {
      const since = Math.min(...starts.filter((at) => at <= step).map((at) => step - at));
      return base + (since < 18 ? height * Math.min(1, since / 12) : 0);
    };
  },
};

function constant(value: number): Usage {
  return () => value;
}

function line(base: number, fullAfter: number): Usage {
  return (step) => base + ((1 - base) * step) / fullAfter;
}

function saw(base: number, height: number, every: number): Usage {
  return (step) => base + height * ((step % every) / every);
}

/** Ends at the full disk, or after four weeks. */
export function simulate(kind: string, seed: number, start = 20_000 * 86_400_000): Disk {
  const random = seeded(seed);
  const make = kinds[kind];
  if (!make) throw new Error(`no kind of disk is called ${kind}`);
  const usage = make((low, high) => low + random() * (high - low));
  const points: { at: number; value: number }[] = [];
  for (let step = 0; step < days * daySteps; step++) {
    const value = usage(step) + (random() - 0.5) * 0.004;
    const at = start + step * stepMs;
    if (value >= 1) return { kind, points, fullAt: at };
    points.push({ at, value });
  }
  return { kind, points, fullAt: null };
}
