import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { afterGap, initialState, type RuleState, step } from './detection.ts';
import type { AbsenceRule, Rule, StateRule, ThresholdRule } from './rule.ts';

const base = {
  id: 'x.y',
  summary: 's',
  metric: 'x.m',
  forMs: 0,
  clearForMs: 0,
  levels: { warning: 'medium', critical: 'high' },
  runbook: '',
  enabled: true,
} as const;
const threshold = (changes: Partial<ThresholdRule> = {}): ThresholdRule => ({
  ...base,
  kind: 'threshold',
  direction: 'above',
  warning: 70,
  critical: 90,
  hysteresis: 0.1,
  ...changes,
});

/** Feeds values one second apart and tells the transitions with their times. */
function play(rule: Rule, values: readonly (number | null)[], floor: number | null = null) {
  let state: RuleState = initialState;
  const seen: string[] = [];
  for (const [second, value] of values.entries()) {
    const input =
      value === null ? ({ kind: 'silence' } as const) : ({ kind: 'value', value, floor } as const);
    const taken = step(state, input, 1_000 * (second + 1), rule);
    state = taken.state;
    if (taken.transition) seen.push(`${second}:${taken.transition}`);
  }
  return { seen, state };
}

test('a threshold fires at its level at once without a for', () => {
  assert.deepEqual(play(threshold(), [10, 71, 91, 10]).seen, ['1:fired', '2:raised', '3:resolved']);
});

test('the threshold itself is not beyond it', () => {
  assert.deepEqual(play(threshold(), [70, 90]).seen, ['1:fired']);
});

test('for holds an alert back until the condition has lasted, and a dip starts anew', () => {
  const rule = threshold({ forMs: 3_000 });
  assert.deepEqual(play(rule, [75, 75, 75, 75, 75]).seen, ['0:pending', '3:fired']);
  assert.deepEqual(play(rule, [75, 75, 10, 75, 75, 75, 75]).seen, [
    '0:pending',
    '2:dropped',
    '3:pending',
    '6:fired',
  ]);
});

test('hysteresis keeps a level until the value is well back', () => {
  assert.deepEqual(play(threshold(), [75, 69, 64, 62]).seen, ['0:fired', '3:resolved']);
  assert.deepEqual(play(threshold(), [95, 85, 80]).seen, ['0:fired', '2:lowered']);
});

test('below works in mirror image', () => {
  const rule = threshold({ direction: 'below', warning: 10, critical: 5 });
  assert.deepEqual(play(rule, [20, 9, 4, 10.5, 11.5]).seen, [
    '1:fired',
    '2:raised',
    '3:lowered',
    '4:resolved',
  ]);
});

test('clearFor demands that recovery lasts', () => {
  const rule = threshold({ clearForMs: 2_000 });
  assert.deepEqual(play(rule, [80, 10, 80, 10, 10, 10]).seen, ['0:fired', '5:resolved']);
});

test('clearFor can end while no sample comes', () => {
  const rule = threshold({ clearForMs: 2_000 });
  assert.deepEqual(play(rule, [80, 10, null, null]).seen, ['0:fired', '3:resolved']);
});

test('a for never fires on silence: unknown is not bad', () => {
  assert.deepEqual(play(threshold({ forMs: 2_000 }), [80, null, null, null]).seen, ['0:pending']);
});

test('the second floor must hold too, and an unknown floor does not', () => {
  const rule = threshold({ and: { metric: 'x.rows', above: 100 } });
  assert.deepEqual(play(rule, [80], 50).seen, []);
  assert.deepEqual(play(rule, [80], null).seen, []);
  assert.deepEqual(play(rule, [80], 101).seen, ['0:fired']);
});

test('a state rule fires on the values it names', () => {
  const rule: StateRule = { ...base, kind: 'state', critical: [0], warning: [2] };
  assert.deepEqual(play(rule, [1, 2, 0, 1]).seen, ['1:fired', '2:raised', '3:resolved']);
});

test('absence fires when what was there stays away, and never for what never was', () => {
  const rule: AbsenceRule = { ...base, kind: 'absence', critical: true, forMs: 2_000 };
  assert.deepEqual(play(rule, [null, null, null, null]).seen, []);
  assert.deepEqual(play(rule, [1, null, null, null, 1]).seen, ['2:fired', '4:resolved']);
});

test('a gap forgets what was pending and keeps what fires', () => {
  const pending = play(threshold({ forMs: 5_000 }), [80, 80]).state;
  assert.equal(afterGap(pending, 99_000).phase, 'ok');
  const firing = play(threshold(), [80]).state;
  assert.equal(afterGap(firing, 99_000).phase, 'firing');
});

test('whatever comes, an alert only fires from not firing and only resolves from firing', () => {
  const inputs = fc.array(fc.oneof(fc.double({ min: 0, max: 120, noNaN: true }), fc.constant(null)), {
    maxLength: 60,
  });
  const spans = fc.integer({ min: 0, max: 5_000 });
  fc.assert(
    fc.property(inputs, spans, spans, (values, forMs, clearForMs) => {
      let firing = false;
      for (const line of play(threshold({ forMs, clearForMs }), values).seen) {
        const transition = line.split(':')[1];
        if (transition === 'fired') assert.equal(firing, false);
        if (transition === 'resolved' || transition === 'raised' || transition === 'lowered')
          assert.equal(firing, true);
        if (transition === 'fired') firing = true;
        if (transition === 'resolved') firing = false;
      }
    }),
  );
});
