import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { changesOf, type Draft, draftOf, durationText, faultOf } from './escalation-draft.ts';
import { escalationYaml } from './escalation-yaml.ts';

const draft: Draft = draftOf({
  ...{ people: [], rotations: [], overrides: [], absences: [], services: {}, clocks: {} },
  escalation: { critical: [], high: [], medium: [], low: [] },
  policyOf: { critical: 'standard' },
  policies: [
    {
      name: 'standard',
      steps: [
        { afterMs: 0, notify: ['team', 'primary'] },
        { afterMs: 900_000, notify: ['no'] },
      ],
      repeat: { times: 2, everyMs: 1_800_000 },
      unacknowledgeAfterMs: null,
    },
  ],
});

test('the YAML says what the draft says, names that YAML would misread included', () => {
  assert.deepEqual(parse(escalationYaml(draft)), {
    oncall: {
      policies: {
        standard: {
          steps: [{ notify: ['team', 'primary'] }, { notify: 'no', after: '15m' }],
          repeat: { times: 2, every: '30m' },
        },
      },
      escalation: { critical: 'standard' },
    },
  });
});

test('a level with steps of its own keeps them in the YAML until it gets a policy', () => {
  const own: Draft = draftOf({
    ...{ people: [], rotations: [], overrides: [], absences: [], services: {}, clocks: {}, policies: [] },
    escalation: {
      ...{ critical: [], high: [] },
      medium: [
        { afterMs: 0, notify: 'ann' },
        { afterMs: 0, notify: 'bob' },
        { afterMs: 900_000, notify: 'no' },
      ],
      low: [{ afterMs: 0, notify: 'hook' }],
    },
    policyOf: {},
  });
  assert.deepEqual(parse(escalationYaml(own)), {
    oncall: {
      escalation: {
        medium: [{ notify: ['ann', 'bob'] }, { notify: 'no', after: '15m' }],
        low: [{ notify: 'hook' }],
      },
    },
  });
  const chosen = { ...own, policyOf: { ...own.policyOf, low: 'night' } };
  assert.equal(parse(escalationYaml(chosen)).oncall.escalation.low, 'night');
});

test('only what was edited is changed in the file', () => {
  assert.deepEqual(changesOf(draft, draft), []);
  const next = { ...draft, policies: [], policyOf: { ...draft.policyOf, high: 'night' } };
  assert.deepEqual(changesOf(draft, next), [
    { path: ['oncall', 'policies', 'standard'], value: null },
    { path: ['oncall', 'escalation', 'high'], value: 'night' },
  ]);
});

test('what cannot be written is said before it is sent', () => {
  assert.equal(faultOf(draft), null);
  const [policy] = draft.policies;
  assert.ok(policy);
  const wrong = { ...policy, steps: [{ key: 0, after: 'soon', notify: ['team'] }] };
  assert.match(faultOf({ ...draft, policies: [wrong] }) ?? '', /soon/);
  assert.match(faultOf({ ...draft, policies: [policy, policy] }) ?? '', /Two policies/);
});

test('a duration keeps its length', () => {
  assert.deepEqual(
    [durationText(900_000), durationText(5_400_000), durationText(7_200_000)],
    ['15m', '90m', '2h'],
  );
});
