/** How a rule would have behaved over values that are known: the same pure steps as live, on no clock. */

import { type BurnInput, judgeBurn } from './burn-rate/judge.ts';
import { initialState, type RuleInput, type RuleState, type Step, step } from './detection.ts';
import { createIncreases } from './increases.ts';
import { isLearned, type Rule, type RuleLevel } from './rule.ts';
import { judgedBy } from './rule-kinds/burn.ts';
import { isSharedByTarget, type Memory, memoryFor } from './rule-kinds/memory.ts';
import { type Labels, labelKey } from './sample.ts';

export interface KnownSeries {
  readonly labels: Labels;
  /** In the order of time. NaN is unknown. */
  readonly points: readonly { readonly at: number; readonly value: number }[];
}

/** One alert as it would have been. */
export interface Rehearsed {
  readonly labels: Labels;
  /** When the condition began. */
  readonly since: number;
  readonly firedAt: number;
  /** Null while it still fires at the end. */
  readonly resolvedAt: number | null;
  /** Since when its values tell nothing while it was not seen to end; absent where it was judged to the last. */
  readonly unknownSince?: number;
  /** The gravest it reached, and each change of it. */
  readonly level: RuleLevel;
  readonly levels: readonly { readonly at: number; readonly level: RuleLevel }[];
  readonly value: number;
  readonly reason: string;
}

export interface Rehearsing {
  readonly rule: Rule;
  readonly series: readonly KnownSeries[];
  /** Newest value of another metric of the same target, as the rule's `and` and `of` ask. */
  readonly other?: (metric: string, labels: Labels, at: number) => number | null;
  /** Values before this are learned and judged by nobody. */
  readonly from?: number;
  readonly to: number;
  /** For burn-rate rules: what is counted, and what was promised. */
  readonly burning?: Pick<BurnInput, 'count' | 'objective' | 'since' | 'excludedMs'>;
}

export function rehearse(rehearsing: Rehearsing): Rehearsed[] {
  const { rule, series } = rehearsing;
  if (isLearned(rule) && isSharedByTarget(rule)) {
    const memory = memoryFor(rule);
    const all = series.flatMap((one) => one.points.map((point) => ({ ...point, labels: one.labels })));
    const runs = new Map(
      series.map((one) => [labelKey(one.labels), createRun(rehearsing, one.labels, memory)]),
    );
    for (const { at, value, labels } of all.sort((a, b) => a.at - b.at))
      runs.get(labelKey(labels))?.take(at, value);
    return [...runs.values()].flatMap((run) => run.end()).sort(byTime);
  }
  return series
    .flatMap((one) => {
      const run = createRun(rehearsing, one.labels, isLearned(rule) ? memoryFor(rule) : null);
      for (const { at, value } of one.points) run.take(at, value);
      return run.end();
    })
    .sort(byTime);
}

function byTime(a: Rehearsed, b: Rehearsed): number {
  return a.firedAt - b.firedAt;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function createRun(
  { rule, other, from = 0, to, burning }: Rehearsing,
  labels: Labels,
  memory: Memory | null,
) {
  let state: RuleState = initialState;
  let wakeAt: number | null = null;
  const increases = createIncreases();
  const found: Writable<Rehearsed>[] = [];

  function settle(taken: Step, at: number, value: number) {
    state = taken.state;
    wakeAt = taken.wakeAt;
    const { level, since } = taken.state;
    const open = found.at(-1);
    if (open && (!Number.isNaN(value) || taken.transition === 'resolved')) delete open.unknownSince;
    if (taken.transition === 'fired' && level !== null) {
      const levels = [{ at, level }];
      found.push({
        labels,
        since,
        firedAt: at,
        resolvedAt: null,
        level,
        levels,
        value,
        reason: taken.reason,
      });
    } else if (open && (taken.transition === 'raised' || taken.transition === 'lowered') && level !== null) {
      open.levels = [...open.levels, { at, level }];
      if (level === 'critical') open.level = level;
    } else if (open && taken.transition === 'resolved') open.resolvedAt = at;
  }

  /** Timers that come due before `at`. */
  function wake(at: number) {
    while (wakeAt !== null && wakeAt <= at) {
      const due = wakeAt;
      wakeAt = null;
      settle(step(state, { kind: 'silence' }, due, rule), due, Number.NaN);
    }
  }

  function inputFor(at: number, value: number): RuleInput | null {
    if (memory !== null) {
      const of = 'of' in rule && rule.of !== undefined ? (other?.(rule.of, labels, at) ?? null) : null;
      const seen = { at, value, labels, of };
      if (at < from) {
        // Judged and thrown away, so that rates are made as they are live.
        memory.take(seen, { phase: 'ok', level: null });
        return null;
      }
      const judged = memory.take(seen, state);
      return 'unknown' in judged ? null : { kind: 'judged', judged };
    }
    if (rule.kind === 'burn-rate') {
      if (!burning) return null;
      const { windows: rules, leastBad } = rule;
      const judged = judgedBy(judgeBurn({ ...burning, rules, leastBad }, at));
      return judged && { kind: 'judged', judged };
    }
    const floor = rule.and ? (other?.(rule.and.metric, labels, at) ?? null) : null;
    if (rule.kind !== 'threshold') return { kind: 'value', value, floor };
    const whole = rule.increaseMs === undefined ? value : increases.over('', value, at, rule.increaseMs);
    if (whole === null || rule.of === undefined)
      return whole === null ? null : { kind: 'value', value: whole, floor };
    const most = other?.(rule.of, labels, at) ?? null;
    return most === null || !(most > 0) ? null : { kind: 'value', value: whole / most, floor };
  }

  return {
    take(at: number, value: number) {
      wake(at);
      if (at > to) return;
      const input = Number.isNaN(value) ? null : inputFor(at, value);
      const open = found.at(-1);
      if (input === null && open?.resolvedAt === null) open.unknownSince ??= at;
      if (input === null || at < from) return;
      settle(
        step(state, input, at, rule),
        at,
        input.kind === 'judged' ? (input.judged.value ?? value) : value,
      );
    },
    end(): Rehearsed[] {
      wake(to);
      return found;
    },
  };
}
