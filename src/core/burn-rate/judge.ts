/** Does an error budget burn too fast just now? Pure. */
import {
  type BurnRule,
  type BurnSeverity,
  burnRulesFor,
  type CountBetween,
  errorLimit,
  type Objective,
  type Tally,
} from './objective.ts';

export interface BurnInput {
  readonly objective: Objective;
  readonly count: CountBetween;
  /** When measuring began, epoch milliseconds: a window that reaches further back is only partly known. */
  readonly since: number;
  /** Time between two moments that counts for nothing (announced maintenance), milliseconds; none where left out. */
  readonly excludedMs?: (from: number, to: number) => number;
  /** `burnRulesFor(objective.periodMs)` where left out. */
  readonly rules?: readonly BurnRule[];
  /**
   * A rule holds only with so many bad events in its long window; 0 where left out. For services with little traffic,
   * where one failure is a large share. Measured at 0.05 requests/s with 10: precision .78 to .95, but recall .90 to .40.
   */
  readonly leastBad?: number;
}

export interface BurnWindow {
  readonly ms: number;
  readonly tally: Tally;
  /** How many times faster than allowed the budget is spent, 0 and up; null without events. */
  readonly burn: number | null;
}

export interface BurningRule {
  readonly rule: BurnRule;
  readonly long: BurnWindow;
  readonly short: BurnWindow;
  readonly holds: boolean;
}

export interface BurnJudgement {
  /** The gravest severity whose rule holds; `unknown` when no window has an event: no traffic is not good traffic. */
  readonly state: BurnSeverity | 'ok' | 'unknown';
  /** For people: `14.4x over 1 h (limit …)`. */
  readonly reason: string;
  /** All rules in their order, for pages and evidence. */
  readonly rules: readonly BurningRule[];
}

/**
 * Judges all rules at `now`. A window that began before measuring did counts as though the unmeasured part were good,
 * because a rule stands for a share of the whole budget: one failure just after a start burns little of it, while a
 * full outage is found as soon as ever.
 */
export function judgeBurn(input: BurnInput, now: number): BurnJudgement {
  const { objective, rules = burnRulesFor(objective.periodMs) } = input;
  const shareOf = knownShares(input, now);
  const judged = rules.map((rule) => judgeRule(input, rule, now, shareOf));
  const holding =
    judged.find((one) => one.holds && one.rule.severity === 'page') ?? judged.find((one) => one.holds);
  if (holding) {
    const { rule, long, short } = holding;
    return {
      state: rule.severity,
      reason: `${said(long)} and ${said(short)}, limit ${rule.factor}x`,
      rules: judged,
    };
  }
  if (judged.every((one) => one.long.burn === null))
    return { state: 'unknown', reason: 'no events in any window', rules: judged };
  const worst = judged.reduce((a, b) => (share(b) > share(a) ? b : a));
  return { state: 'ok', reason: `${said(worst.long)}, limit ${worst.rule.factor}x`, rules: judged };
}

type ShareOf = (windowMs: number) => number;

function judgeRule(input: BurnInput, rule: BurnRule, now: number, shareOf: ShareOf): BurningRule {
  const long = windowOf(input, rule.longMs, now, shareOf);
  const short = windowOf(input, rule.shortMs, now, shareOf);
  const limit = errorLimit(input.objective, rule) / (1 - input.objective.target);
  const holds =
    reaches(long.burn, limit) && reaches(short.burn, limit) && long.tally.bad >= (input.leastBad ?? 0);
  return { rule, long, short, holds };
}

/** Rounding of 1 - 0.999 must not move an edge. */
function reaches(burn: number | null, limit: number): boolean {
  return burn !== null && burn >= limit * (1 - 1e-9);
}

function windowOf({ objective, count }: BurnInput, ms: number, now: number, shareOf: ShareOf): BurnWindow {
  const tally = count(now - ms, now);
  const total = tally.good + tally.bad;
  if (total === 0) return { ms, tally, burn: null };
  return { ms, tally, burn: ((tally.bad / total) * shareOf(ms)) / (1 - objective.target) };
}

/**
 * How much is known of each window without what is excluded: that is cut from what was measured and from the whole alike.
 * It is the same for all windows, and asked for only where one reaches back before measuring.
 */
function knownShares({ since, excludedMs }: BurnInput, now: number): ShareOf {
  const spanMs = Math.max(0, now - since);
  let outMs: number | undefined;
  return (windowMs) => {
    if (spanMs >= windowMs) return 1;
    outMs ??= Math.min(spanMs, excludedMs?.(since, now) ?? 0);
    return (spanMs - outMs) / (windowMs - outMs);
  };
}

function share({ long, rule }: BurningRule): number {
  return (long.burn ?? 0) / rule.factor;
}

function said({ burn, ms }: BurnWindow): string {
  const hours = ms / 3_600_000;
  const span = hours >= 48 ? `${hours / 24} d` : hours >= 1 ? `${hours} h` : `${ms / 60_000} min`;
  return burn === null ? `no events in ${span}` : `${Number(burn.toPrecision(3))}x over ${span}`;
}
