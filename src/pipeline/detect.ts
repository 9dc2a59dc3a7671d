/** Turns observations into samples and steps the rules that judge them, the moment they arrive. */
import {
  afterGap,
  initialState,
  type RuleState,
  type Step,
  step,
  type Transition,
} from '../core/detection.ts';
import { saysAnother } from '../core/error-kind.ts';
import { asHint } from '../core/guess.ts';
import type { BurnRateRule, Rule, RuleLevel } from '../core/rule.ts';
import type { Judged } from '../core/rule-kinds/judged.ts';
import { type About, type Labels, metricNamed, type Reading, type Sample } from '../core/sample.ts';
import { isGraver } from '../core/severity.ts';
import type { Clock } from '../core/time.ts';
import { type History, noHistory } from './learned/history.ts';
import { createLearning, type Learning } from './learned/index.ts';
import type { Check, Observation } from './observe.ts';
import { isMissing, type Picture } from './picture.ts';
import { carries, isMeasured, reportedOf, upOf } from './reported.ts';
import { createRuleInputs } from './rule-input.ts';
import { createRuleStates, fingerprintOf, isSameRule, type Kept } from './rule-states.ts';

/** A change of a rule's state, as the next stage takes it. */
export interface Detected {
  readonly fingerprint: string;
  readonly rule: Rule;
  readonly target: string;
  readonly labels: Labels;
  /** `restated`: it fires on, and its check fails by another error. */
  readonly transition: Transition | 'restated';
  readonly state: RuleState;
  readonly value: number | null;
  readonly threshold: number | null;
  readonly detail: string;
  readonly reason: string;
  /** What the source says of this one reading. */
  readonly about?: About;
  readonly at: number;
}

export interface Detector {
  take(observation: Observation): void;
  /** Keeps what an observation shows without judging or storing it. */
  look(observation: Observation): void;
  firing(target: string): { target: string; state: 'firing'; ruleLevel: RuleLevel }[];
  gap(now: number): void;
  /** Puts back what was firing before a restart. */
  restore(
    alerts: readonly {
      fingerprint: string;
      rule: Rule;
      target: string;
      labels: Labels;
      state: RuleState;
      /** What was told of its error. */
      detail?: string;
    }[],
  ): void;
  /** Drops states whose target or rule is gone and reports those that fired as resolved. */
  retain(rules: ReadonlyMap<string, readonly Rule[]>, now: number): void;
  /** What is pending or fires on a target, and what absence rules wait for. */
  states(target: string): { readonly rule: Rule; readonly labels: Labels; readonly state: RuleState }[];
  /** Why a rule that learns cannot tell of a series; null where it can. */
  unknown: Learning['unknown'];
  /** Resolves when all that was seen so far is learned. */
  learned(): Promise<void>;
  stop(): void;
}

/** What still fires as before, but under `levels:` that were edited, is told anew with the next value. */
function relevelled({ state, rule, toldLevel }: Kept, value: number | null): Transition | null {
  if (toldLevel === undefined || value === null) return null;
  if (state.phase !== 'firing' || state.level === null || state.wellSince !== null) return null;
  return isGraver(rule.levels[state.level], toldLevel) ? 'raised' : 'lowered';
}

/** What fails on, and by another error than the one that was told. A figure that moves is no other error. */
function restated({ state, rule, said }: Kept, detail: string, at: number): 'restated' | null {
  const holds = state.phase === 'firing' && state.wellSince === null;
  if (!holds || said === undefined || rule.kind !== 'state') return null;
  return saysAnother(said, detail, state.since, at) ? 'restated' : null;
}

export function createDetector(options: {
  readonly clock: Clock;
  readonly picture: Picture;
  readonly store: (samples: readonly Sample[]) => void;
  readonly onDetected: (detected: readonly Detected[]) => void;
  /** What the sample store kept, for rules that learn; nothing where absent. */
  readonly history?: History;
  readonly warn?: (message: string) => void;
  /** How fast the budget of a rule's service burns; null where unknown. */
  readonly burning?: (rule: BurnRateRule, at: number) => Judged | null;
}): Detector {
  const { clock, picture } = options;
  const states = createRuleStates();
  let goodAt = new WeakMap<Check, number>();
  const history = options.history ?? noHistory;
  const learning = createLearning({
    history,
    now: clock.now,
    ...(options.warn ? { warn: options.warn } : {}),
  });
  const inputs = createRuleInputs({ picture, learning, burning: options.burning });
  let cancelTimer: (() => void) | null = null;
  let timerAt = Number.POSITIVE_INFINITY;

  function take(observation: Observation) {
    const { check, outcome, at } = observation;
    const up = upOf(observation);
    const reported = reportedOf(observation, up);
    const readings = reported.filter(isMeasured);
    picture.record(observation, readings, up);
    const samples = readings.map(({ metric, value, labels }) => ({
      metric,
      value,
      ...(labels ? { labels } : {}),
      target: check.target.name,
      at,
    }));
    if (samples.length > 0) options.store(samples);
    const found: Detected[] = [];
    const touched = new Set<string>();
    for (const rule of check.target.rules) {
      if (!rule.enabled) continue;
      for (const reading of reported) {
        if (reading.metric !== rule.metric || !carries(reading.labels, rule.where)) continue;
        touched.add(judge(observation, rule, reading, found));
      }
    }
    endVanished(observation, touched, found);
    if (outcome.ok) goodAt.set(check, at);
    tell(found);
  }

  function tell(found: readonly Detected[]) {
    if (found.length === 0) return;
    options.onDetected(
      found.map((detected) => {
        const { hint } = picture.target(detected.target);
        return hint === null ? detected : asHint(detected, hint);
      }),
    );
  }

  function judge(
    { check, outcome, at }: Observation,
    rule: Rule,
    reading: Reading,
    found: Detected[],
  ): string {
    const target = check.target.name;
    const labels = reading.labels ?? {};
    const fingerprint = fingerprintOf(rule.id, target, labels);
    if (!isMeasured(reading)) return fingerprint;
    const kept = states.get(target, fingerprint) ?? {
      rule,
      target,
      labels,
      probe: check.probe.id,
      // What is well is not kept rule by rule: its check's last good run says since when nothing was wrong.
      state: { ...initialState, lastAt: goodAt.get(check) ?? 0 },
      wakeAt: null,
    };
    const input = inputs.inputFor(rule, target, { at, value: reading.value, labels }, kept);
    if (input === null) return fingerprint;
    kept.rule = rule;
    const taken = step(kept.state, input, at, rule);
    const value = input.kind === 'value' ? input.value : (input.judged.value ?? reading.value);
    // What was made of many values says more than the probe does: `runs out in 2 d 4 h`.
    const said = input.kind === 'judged' ? input.judged.reason : outcome.detail;
    const detail = reading.about?.detail ?? said ?? '';
    kept.last = { value, detail };
    settle(fingerprint, kept, taken, value, detail, at, found, reading.about);
    return fingerprint;
  }

  function settle(
    fingerprint: string,
    kept: Kept,
    taken: Step,
    value: number | null,
    detail: string,
    at: number,
    found: Detected[],
    about?: About,
  ) {
    kept.state = taken.state;
    kept.wakeAt = taken.wakeAt;
    const isIdle = taken.state.phase === 'ok' && taken.wakeAt === null;
    if (isIdle) states.drop(fingerprint, kept);
    else states.keep(fingerprint, kept);
    if (taken.wakeAt !== null) arm(taken.wakeAt);
    const transition = taken.transition ?? relevelled(kept, value) ?? restated(kept, detail, at);
    if (!transition || transition === 'pending' || transition === 'dropped') return;
    if (transition !== 'restated') kept.toldLevel = undefined;
    kept.said = { detail, at };
    const { rule, target, labels } = kept;
    found.push({
      fingerprint,
      rule,
      target,
      labels,
      transition,
      state: taken.state,
      value,
      threshold: taken.threshold,
      detail,
      reason: taken.reason,
      ...(about ? { about } : {}),
      at,
    });
  }

  /** What a probe no longer reports although it saw everything is well again. */
  function endVanished(observation: Observation, touched: ReadonlySet<string>, found: Detected[]) {
    const { check, outcome, at } = observation;
    if (!outcome.ok) return;
    for (const [fingerprint, kept] of states.of(check.target.name)) {
      if (touched.has(fingerprint) || kept.rule.kind === 'absence') continue;
      if (!metricNamed(check.probe.metrics, kept.rule.metric) || isMissing(kept.rule.metric, outcome.missing))
        continue;
      if (kept.probe !== null && kept.probe !== check.probe.id) continue;
      const healthy = { ...kept.rule, kind: 'state' as const, warning: undefined, critical: undefined };
      const taken = step(kept.state, { kind: 'value', value: 0, floor: null }, at, healthy);
      settle(fingerprint, kept, taken, null, 'no longer reported', at, found);
    }
  }

  function arm(at: number) {
    if (at >= timerAt) return;
    cancelTimer?.();
    timerAt = at;
    cancelTimer = clock.after(Math.max(0, at - clock.now()), onTimer);
  }

  function onTimer() {
    const now = clock.now();
    timerAt = Number.POSITIVE_INFINITY;
    cancelTimer = null;
    const found: Detected[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const [fingerprint, kept] of states.all()) {
      if (kept.wakeAt === null) continue;
      if (kept.wakeAt > now) {
        next = Math.min(next, kept.wakeAt);
        continue;
      }
      kept.wakeAt = null;
      // What ends by time alone ends as it was seen last, which was well; of silence nothing was seen.
      const { value, detail } = (kept.state.wellSince === null ? undefined : kept.last) ?? {
        value: null,
        detail: '',
      };
      const taken = step(kept.state, { kind: 'silence' }, now, kept.rule);
      settle(fingerprint, kept, taken, value, detail, now, found);
    }
    if (next !== Number.POSITIVE_INFINITY) arm(next);
    tell(found);
  }

  return {
    take,
    look(observation) {
      const up = upOf(observation);
      picture.record(observation, reportedOf(observation, up).filter(isMeasured), up);
    },
    firing: (target) =>
      [...states.of(target)]
        .filter(([, kept]) => kept.state.phase === 'firing')
        .map(([, kept]) => ({ target, state: 'firing', ruleLevel: kept.state.level ?? 'warning' })),
    gap(now) {
      for (const [, kept] of states.all()) {
        kept.state = afterGap(kept.state, now);
        // A `clearFor` starts anew with the next sample, and so does silence now.
        const isSilence = kept.rule.kind === 'absence' && kept.state.phase === 'ok';
        kept.wakeAt = isSilence ? now + kept.rule.forMs : null;
        if (kept.wakeAt !== null) arm(kept.wakeAt);
      }
      inputs.forget();
      goodAt = new WeakMap();
    },
    restore(alerts) {
      for (const { fingerprint, rule, target, labels, state, detail } of alerts) {
        const said = detail === undefined ? undefined : { detail, at: state.since };
        states.keep(fingerprint, { rule, target, labels, probe: null, state, wakeAt: null, said });
      }
    },
    retain(rules, now) {
      const found: Detected[] = [];
      for (const [fingerprint, kept] of states.all()) {
        const rule = rules
          .get(kept.target)
          ?.find((candidate) => candidate.enabled && isSameRule(candidate, kept.rule));
        if (rule) {
          const { phase, level } = kept.state;
          if (phase === 'firing' && level !== null) {
            const told = kept.toldLevel ?? kept.rule.levels[level];
            kept.toldLevel = rule.levels[level] === told ? undefined : told;
          }
          kept.rule = rule;
          continue;
        }
        states.drop(fingerprint, kept);
        if (kept.state.phase !== 'firing') continue;
        const { target, labels } = kept;
        const reason = 'its target or rule is no longer configured';
        const state = { ...initialState, since: now };
        found.push({
          fingerprint,
          rule: kept.rule,
          target,
          labels,
          transition: 'resolved',
          state,
          value: null,
          threshold: null,
          detail: reason,
          reason,
          at: now,
        });
      }
      learning.retain((rule, target) =>
        (rules.get(target) ?? []).some((one) => one.enabled && isSameRule(one, rule)),
      );
      if (found.length > 0) options.onDetected(found);
    },
    states: (target) =>
      [...states.of(target)].map(([, { rule, labels, state }]) => ({ rule, labels, state })),
    unknown: learning.unknown,
    learned: learning.settled,
    stop: () => cancelTimer?.(),
  };
}
