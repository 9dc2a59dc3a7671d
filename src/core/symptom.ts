/** How the target of an action and what needs it are doing, before and after: an action must cure the symptom. Pure. */
import type { Facts, Plan, Stops, Verdict } from './action.ts';
import type { Alert } from './alert.ts';
import { levels } from './severity.ts';

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

export const notCheckedSince = 'not checked since the trouble began';

const mostAlertsNamed = 3;

/** What an action is to cure, as it stood when it was planned: the open alerts, the gravest first, and since when the oldest holds. */
export function symptomOf(alerts: readonly Alert[]): { readonly facts: Facts; readonly since: number } {
  const open = alerts.filter(({ state }) => state !== 'resolved');
  if (open.length === 0) return { facts: {}, since: 0 };
  const named = open
    .toSorted((a, b) => Number(isOwnWord(a)) - Number(isOwnWord(b)) || rank(a) - rank(b))
    .slice(0, mostAlertsNamed)
    .map(({ target, summary, detail }) => `${target}: ${summary}${detail === '' ? '' : ` (${detail})`}`);
  const more = open.length > named.length ? `; ${open.length - named.length} more` : '';
  return {
    facts: { symptom: `${named.join('; ')}${more}` },
    since: Math.min(...open.map(({ since }) => since)),
  };
}

/** That a copy of a backup is late is no trouble that an action on a target cures. */
const isOwnWord = ({ rule }: Alert) => rule.startsWith('upkeep.');
const rank = ({ level }: Alert) => levels.indexOf(level);

/**
 * Good when everything has been checked since the action, is up, and answers about as fast as usual.
 * @param before facts of the plan: what was as slow before the trouble (`web.noiseMs`) is no trouble that is left
 */
export function cured(vitals: readonly Vital[], appliedAt: number, before: Facts = {}): Verdict {
  const after = vitalFacts(vitals);
  for (const vital of vitals) {
    const { target, up, latencyMs, usualMs, isAnswer, at } = vital;
    if (at === null || at < appliedAt)
      return { good: false, detail: `${target} has not been checked since`, after };
    if (up !== 1)
      return { good: false, detail: `${target} is ${up === 0 ? 'still down' : 'unknown'}`, after };
    const noise = before[`${target}.noiseMs`];
    const limit = Math.max(slowFloorMs, slowFactor * (usualMs ?? 0), typeof noise === 'number' ? noise : 0);
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

/**
 * Who may be down after an action whose purpose that is: with a target what needs it too. Of one that stops a part only
 * what needs the target is spared, as nobody knows what of it needs that part. What takes a stop back stops nothing.
 */
export function byPurpose(
  vitals: readonly Vital[],
  { target, undoes }: Pick<Plan, 'target' | 'undoes'>,
  { stops }: { readonly stops?: Stops | undefined },
): { readonly judged: readonly Vital[]; readonly expected: readonly Vital[] } {
  if (stops === undefined || undoes !== undefined) return { judged: vitals, expected: [] };
  const isJudged = (vital: Vital) => stops === 'part' && vital.target === target;
  return { judged: vitals.filter(isJudged), expected: vitals.filter((vital) => !isJudged(vital)) };
}

/** `; down by purpose: app; down with it, as it needs app: web`; empty while none of them is seen down. */
export function downInWords(target: string, expected: readonly Vital[]): string {
  const down = expected.filter(({ up }) => up === 0).map((vital) => vital.target);
  const others = down.filter((name) => name !== target);
  const own = down.includes(target) ? `; down by purpose: ${target}` : '';
  if (others.length === 0) return own;
  return `${own}; down with it, as ${others.length === 1 ? 'it needs' : 'they need'} ${target}: ${others.join(', ')}`;
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

/** Of slow stretches before the trouble, one in ten may have been slower than this (J). */
const noiseShare = 0.9;

/** How slow stretches of answers were while all was well: on a busy machine slower than their median tells; null of too few. */
export function noiseOf(ms: readonly number[]): number | null {
  const stretches = ms.slice(stretch - 1).map((_, first) => median(ms.slice(first, first + stretch)) ?? 0);
  const sorted = stretches.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * noiseShare))] ?? null;
}

/** Facts for the plan, only of those whose noise is above what never is too slow: `web.noiseMs`. */
export function noiseFacts(
  noises: readonly { readonly target: string; readonly ms: number | null }[],
): Facts {
  return Object.fromEntries(
    noises.flatMap(({ target, ms }) =>
      ms !== null && ms > slowFloorMs ? [[`${target}.noiseMs`, Math.round(ms)]] : [],
    ),
  );
}

export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
