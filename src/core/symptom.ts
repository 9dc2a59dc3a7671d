/** How the target of an action and what needs it are doing, before and after: an action must cure the symptom. Pure. */
import type { Facts, Verdict } from './action.ts';
import type { Alert } from './alert.ts';

/** One target as its liveness checks show it. */
export interface Vital {
  readonly target: string;
  readonly up: 1 | 0 | null;
  /** Milliseconds that good checks take of late, or since an action; null when unknown or down. */
  readonly latencyMs: number | null;
  /** Median of the last good checks, milliseconds. */
  readonly usualMs: number | null;
  /** False where a check only looks (a process list): how long that took says how busy this machine is, no more. */
  readonly isAnswer: boolean;
  /** When it was checked last, epoch milliseconds. */
  readonly at: number | null;
}

/** Latency is back when it is at most this many times the usual; below the floor it is never too slow. */
const slowFactor = 3;
const slowFloorMs = 250;

/**
 * Facts for the plan: `web.up`, `web.latencyMs`. What was seen well last before the trouble began says nothing of it:
 * that target has merely not been checked since.
 */
export function vitalFacts(vitals: readonly Vital[], troubleSince = 0): Facts {
  return Object.fromEntries(
    vitals.flatMap(({ target, up, latencyMs, at }) =>
      up === 1 && at !== null && at < troubleSince
        ? [[`${target}.up`, notCheckedSince]]
        : [
            [`${target}.up`, up === null ? 'unknown' : up === 1],
            [`${target}.latencyMs`, latencyMs === null ? 'unknown' : Math.round(latencyMs)],
          ],
    ),
  );
}

const notCheckedSince = 'not checked since the trouble began';

const mostAlertsNamed = 3;

/** What an action is to cure, as it stood when it was planned: the open alerts, and since when the first of them holds. */
export function symptomOf(alerts: readonly Alert[]): { readonly facts: Facts; readonly since: number } {
  const open = alerts.filter(({ state }) => state !== 'resolved');
  if (open.length === 0) return { facts: {}, since: 0 };
  const named = open
    .slice(0, mostAlertsNamed)
    .map(({ target, summary, detail }) => `${target}: ${summary}${detail === '' ? '' : ` (${detail})`}`);
  const more = open.length > named.length ? `; ${open.length - named.length} more` : '';
  return {
    facts: { symptom: `${named.join('; ')}${more}` },
    since: Math.min(...open.map(({ since }) => since)),
  };
}

/** Good when everything has been checked since the action, is up, and answers about as fast as usual. */
export function cured(vitals: readonly Vital[], appliedAt: number): Verdict {
  const after = vitalFacts(vitals);
  for (const vital of vitals) {
    const { target, up, latencyMs, usualMs, isAnswer, at } = vital;
    if (at === null || at < appliedAt)
      return { good: false, detail: `${target} has not been checked since`, after };
    if (up !== 1)
      return { good: false, detail: `${target} is ${up === 0 ? 'still down' : 'unknown'}`, after };
    const limit = Math.max(slowFloorMs, slowFactor * (usualMs ?? 0));
    if (isAnswer && latencyMs !== null && latencyMs > limit) {
      return {
        good: false,
        detail: `${target} takes ${Math.round(latencyMs)} ms, usually ${Math.round(usualMs ?? 0)} ms`,
        after,
      };
    }
  }
  const latencies = vitals
    .filter((vital) => vital.latencyMs !== null)
    .map(({ target, latencyMs }) => `${target} ${Math.round(latencyMs ?? 0)} ms`);
  return {
    good: true,
    detail: latencies.length > 0 ? `up and back to ${latencies.join(', ')}` : 'up',
    after,
  };
}

/** What was up before an action and is down after it: the action did harm. */
export function worsened(before: Facts, after: Facts): string[] {
  return Object.keys(before)
    .filter((name) => name.endsWith('.up') && before[name] === true && after[name] === false)
    .map((name) => name.slice(0, -'.up'.length));
}

export interface Answer {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly ms: number;
}

/** A single slow answer is noise: so many are looked at together. */
export const stretch = 5;

/** The median of the last few answers since then; null where there are none. */
export function latencySince(answers: readonly Answer[], since: number): number | null {
  return median(
    answers
      .filter(({ at }) => at >= since)
      .slice(-stretch)
      .map(({ ms }) => ms),
  );
}

export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
