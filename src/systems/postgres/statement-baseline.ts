/** How long statements take now, and how long they took before. */
import type { PostgresConnection } from './client.ts';

/** By queryid. */
export type Totals = ReadonlyMap<string, { readonly calls: number; readonly seconds: number }>;

export interface Judged {
  readonly id: string;
  readonly value: number;
  readonly detail: string;
}

/** Means of ten minutes each, oldest first, of the statements that take most. */
export interface Baseline {
  readonly means: Map<string, { at: number; mean: number }[]>;
  from: number | undefined;
}

const stepMs = 10 * 60_000;
const keptMs = 7 * 86_400_000;
/** Three steps make half an hour; a median of fewer says little. */
const fewestSteps = 3;
const mostStatements = 200;
const mostTold = 5;

/** PgHero calls a statement slow from 20 ms and 100 calls on; here it must take a tenth of the time as well. */
const slow = { calls: 100, share: 0.1 };
/** J: below 50 ms users feel no factor. */
const regressed = { calls: 20, seconds: 0.05, least: 1.2 };

const baselines = new WeakMap<PostgresConnection, Baseline>();

export function baselineOf(conn: PostgresConnection): Baseline {
  const known = baselines.get(conn) ?? { means: new Map(), from: undefined };
  baselines.set(conn, known);
  return known;
}

/**
 * Judges the statements that ran between two looks against the baseline, then adds them to it. `at` in milliseconds of
 * the monotonic clock. What is slow or regressed comes worst first; `isKnown` says whether there is a baseline yet.
 */
export function timesOf(
  then: Totals,
  now: Totals,
  baseline: Baseline,
  at: number,
): { slow: Judged[]; regressed: Judged[]; isKnown: boolean } {
  const ran = [...now].flatMap(([id, total]) => {
    const before = then.get(id) ?? { calls: 0, seconds: 0 };
    const calls = total.calls - before.calls;
    const seconds = total.seconds - before.seconds;
    return calls > 0 && seconds >= 0 ? [{ id, calls, seconds, mean: seconds / calls }] : [];
  });
  const all = ran.reduce((sum, { seconds }) => sum + seconds, 0);
  baseline.from ??= at;
  const judged = {
    slow: ran
      .filter(({ calls, seconds }) => calls >= slow.calls && seconds >= slow.share * all)
      .map(({ id, calls, mean }) => ({ id, value: mean, detail: `${calls} runs of ${inMs(mean)}` }))
      .sort(byValue)
      .slice(0, mostTold),
    regressed: ran
      .filter(({ calls, mean }) => calls >= regressed.calls && mean >= regressed.seconds)
      .flatMap(({ id, mean }) => {
        const usual = usualOf(baseline, id, at);
        if (usual === undefined || mean < regressed.least * usual) return [];
        return [{ id, value: mean / Math.max(usual, 1e-4), detail: `${inMs(mean)}, ${inMs(usual)} before` }];
      })
      .sort(byValue)
      .slice(0, mostTold),
    isKnown: at - baseline.from >= fewestSteps * stepMs,
  };
  learn(baseline, ran, at);
  return judged;
}

function byValue(a: Judged, b: Judged): number {
  return b.value - a.value;
}

function inMs(seconds: number): string {
  const ms = seconds * 1_000;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** The median; a regression that lasts becomes usual only once it has lasted for half of what is known. */
function usualOf({ means }: Baseline, id: string, at: number): number | undefined {
  const known = (means.get(id) ?? []).filter((one) => one.at > at - keptMs).map(({ mean }) => mean);
  if (known.length < fewestSteps) return undefined;
  return known.sort((a, b) => a - b)[Math.floor((known.length - 1) / 2)];
}

function learn(
  { means }: Baseline,
  ran: readonly { id: string; seconds: number; mean: number }[],
  at: number,
): void {
  const most = ran.toSorted((a, b) => b.seconds - a.seconds).slice(0, mostStatements);
  for (const { id, mean } of most) {
    const known = means.get(id) ?? [];
    const last = known.at(-1);
    if (last === undefined || at - last.at >= stepMs) known.push({ at, mean });
    while (known[0] !== undefined && known[0].at <= at - keptMs) known.shift();
    means.delete(id);
    means.set(id, known);
  }
  // Those that ran last stand last.
  for (const id of means.keys()) {
    if (means.size <= mostStatements * 2) break;
    means.delete(id);
  }
}
