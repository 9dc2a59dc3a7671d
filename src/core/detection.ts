/** How a rule's state moves with each sample. Pure: the same state and input give the same step. */
import type { AbsenceRule, Rule, RuleLevel, StateRule, ThresholdRule } from './rule.ts';

/** What is kept for one rule and one series between samples. */
export interface RuleState {
  readonly phase: 'ok' | 'pending' | 'firing';
  readonly level: RuleLevel | null;
  /** When the condition of the present phase began, epoch milliseconds. */
  readonly since: number;
  /** Since when the value has been well while the alert still fires. */
  readonly wellSince: number | null;
  readonly lastAt: number;
}

export const initialState: RuleState = { phase: 'ok', level: null, since: 0, wellSince: null, lastAt: 0 };

export type RuleInput =
  | { readonly kind: 'value'; readonly value: number; readonly floor: number | null }
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
  const judged =
    rule.kind === 'threshold' ? judgeThreshold(state, input, rule) : judgeState(input.value, rule);
  return advance(state, judged, now, rule);
}

interface Judged {
  readonly level: RuleLevel | null;
  readonly threshold: number | null;
  readonly reason: string;
}

function judgeThreshold(
  state: RuleState,
  input: { value: number; floor: number | null },
  rule: ThresholdRule,
): Judged {
  const { value } = input;
  if (rule.and && (input.floor === null || input.floor <= rule.and.above)) {
    return { level: null, threshold: null, reason: `${rule.and.metric} is not above ${rule.and.above}` };
  }
  const held = state.phase === 'ok' ? null : state.level;
  for (const level of ['critical', 'warning'] as const) {
    const threshold = rule[level];
    if (threshold === undefined) continue;
    const isHeld = held === 'critical' || held === level;
    const edge = isHeld ? withHysteresis(threshold, rule) : threshold;
    const beyond = rule.direction === 'above' ? value > edge : value < edge;
    if (beyond) return { level, threshold, reason: `${value} is ${rule.direction} ${edge}` };
  }
  const threshold = (state.level && rule[state.level]) ?? rule.warning ?? rule.critical ?? null;
  return { level: null, threshold, reason: `${value} is within bounds` };
}

/** A level that holds clears only when the value has gone back past the threshold by this share of it. */
function withHysteresis(threshold: number, rule: ThresholdRule): number {
  const margin = Math.abs(threshold) * rule.hysteresis;
  return rule.direction === 'above' ? threshold - margin : threshold + margin;
}

function judgeState(value: number, rule: StateRule): Judged {
  for (const level of ['critical', 'warning'] as const) {
    if (rule[level]?.includes(value)) return { level, threshold: value, reason: `state is ${value}` };
  }
  return { level: null, threshold: null, reason: `state is ${value}` };
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
  if (now - since >= rule.forMs) return done({ phase: 'firing', level, since, wellSince: null }, 'fired');
  return done(
    { phase: 'pending', level, since },
    state.phase === 'pending' ? null : 'pending',
    since + rule.forMs,
  );
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
  if (input.kind === 'value') {
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
