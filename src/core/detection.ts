/** How a rule's state moves with each sample. Pure: the same state and input give the same step. */
import type { AbsenceRule, Rule, RuleLevel } from './rule.ts';
import type { Judged } from './rule-kinds/judged.ts';
import { judgeState } from './rule-kinds/state.ts';
import { judgeThreshold } from './rule-kinds/threshold.ts';

/** What is kept for one rule and one series between samples. */
export interface RuleState {
  readonly phase: 'ok' | 'pending' | 'firing';
  readonly level: RuleLevel | null;
  /** When the condition of the present phase began, epoch milliseconds. */
  readonly since: number;
  /** Since when the value has been well while the alert still fires. */
  readonly wellSince: number | null;
  readonly lastAt: number;
  /** The last sample before `since`, which was well; null where none came shortly before, absent while all is well. */
  readonly wellAt?: number | null;
}

export const initialState: RuleState = { phase: 'ok', level: null, since: 0, wellSince: null, lastAt: 0 };

export type RuleInput =
  | { readonly kind: 'value'; readonly value: number; readonly floor: number | null }
  /** What a memory or an error budget made of it, for rules that look at more than one value. */
  | { readonly kind: 'judged'; readonly judged: Judged }
  /** No sample came; only time has passed. */
  | { readonly kind: 'silence' };

export type Transition = 'pending' | 'fired' | 'raised' | 'lowered' | 'resolved' | 'dropped';

export interface Step {
  readonly state: RuleState;
  readonly transition: Transition | null;
  /** The threshold that the value was judged against, for the alert. */
  readonly threshold: number | null;
  readonly reason: string;
  /** When to step again without a sample, for `for` and `clearFor`; null when only a sample matters. */
  readonly wakeAt: number | null;
}

export function step(state: RuleState, input: RuleInput, now: number, rule: Rule): Step {
  if (rule.kind === 'absence') return stepAbsence(state, input, now, rule);
  if (input.kind === 'silence') return onTime(state, now, rule);
  return advance(state, judge(state, input, rule), now, rule);
}

function judge(state: RuleState, input: Exclude<RuleInput, { kind: 'silence' }>, rule: Rule): Judged {
  if (input.kind === 'judged') return input.judged;
  if (rule.kind === 'threshold') return judgeThreshold(state, input, rule);
  if (rule.kind === 'state') return judgeState(input.value, rule);
  return { level: null, threshold: null, reason: `a ${rule.kind} rule judges no single value` };
}

function advance(state: RuleState, judged: Judged, now: number, rule: Rule): Step {
  const { level, threshold, reason } = judged;
  const done = (
    next: Partial<RuleState>,
    transition: Transition | null,
    wakeAt: number | null = null,
  ): Step => ({
    state: { ...state, lastAt: now, ...next },
    transition,
    threshold,
    reason,
    wakeAt,
  });
  if (level === null) {
    if (state.phase === 'ok') return done({}, null);
    if (state.phase === 'pending') return done({ phase: 'ok', level: null, since: now }, 'dropped');
    const wellSince = state.wellSince ?? now;
    if (now - wellSince >= rule.clearForMs)
      return done({ phase: 'ok', level: null, since: now, wellSince: null }, 'resolved');
    return done({ wellSince }, null, wellSince + rule.clearForMs);
  }
  if (state.phase === 'firing') {
    if (level === state.level) return done({ wellSince: null }, null);
    return done({ level, wellSince: null }, level === 'critical' ? 'raised' : 'lowered');
  }
  const since = state.phase === 'pending' ? state.since : now;
  const wellAt = state.phase === 'pending' ? (state.wellAt ?? null) : lastWell(state, now);
  if (now - since >= rule.forMs)
    return done({ phase: 'firing', level, since, wellSince: null, wellAt }, 'fired');
  return done(
    { phase: 'pending', level, since, wellAt },
    state.phase === 'pending' ? null : 'pending',
    since + rule.forMs,
  );
}

/** What was well longer ago says nothing of when the trouble began: nobody looked. */
const longestLookMs = 15 * 60_000;

function lastWell({ lastAt }: RuleState, now: number): number | null {
  return lastAt > 0 && now - lastAt <= longestLookMs ? lastAt : null;
}

/** Lets `clearFor` end while no sample comes; a `for` never fires on silence: unknown is not bad. */
function onTime(state: RuleState, now: number, rule: Rule): Step {
  const still = { state, transition: null, threshold: null, reason: 'only time has passed', wakeAt: null };
  if (state.phase === 'firing' && state.wellSince !== null && now - state.wellSince >= rule.clearForMs) {
    return {
      ...still,
      state: { ...state, phase: 'ok', level: null, since: now, wellSince: null },
      transition: 'resolved',
      reason: `well for ${rule.clearForMs} ms`,
    };
  }
  return still;
}

function stepAbsence(state: RuleState, input: RuleInput, now: number, rule: AbsenceRule): Step {
  if (input.kind !== 'silence') {
    const back = state.phase === 'firing';
    return {
      state: { ...initialState, lastAt: now, since: now },
      transition: back ? 'resolved' : null,
      threshold: null,
      reason: 'a sample came',
      wakeAt: now + rule.forMs,
    };
  }
  const base = { threshold: null, wakeAt: null };
  if (state.lastAt === 0) return { ...base, state, transition: null, reason: 'never seen' };
  const silentFor = now - state.lastAt;
  if (state.phase === 'firing' || silentFor < rule.forMs) {
    return {
      ...base,
      state,
      transition: null,
      reason: `silent for ${silentFor} ms`,
      wakeAt: state.phase === 'firing' ? null : state.lastAt + rule.forMs,
    };
  }
  return {
    ...base,
    state: { ...state, phase: 'firing', level: rule.critical ? 'critical' : 'warning', since: state.lastAt },
    transition: 'fired',
    reason: `no sample for ${silentFor} ms`,
  };
}

/** After a sleep or a clock jump: what was pending starts anew, so that a gap never counts as an outage. */
export function afterGap(state: RuleState, now: number): RuleState {
  if (state.phase === 'pending') return { ...state, phase: 'ok', level: null, since: now, lastAt: now };
  return { ...state, wellSince: null, lastAt: state.lastAt === 0 ? 0 : now };
}
