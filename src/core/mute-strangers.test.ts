import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMatcher } from './mute.ts';
import { type Reachable, strangersAmong } from './mute-strangers.ts';

const known: Reachable = {
  rules: ['postgres.connections', 'http.down'],
  targets: [
    { target: 'web-1', system: 'http', services: ['shop'], environment: 'production' },
    { target: 'db', system: 'postgres', services: [], environment: null },
  ],
  labels: new Map([['device', ['sda1']]]),
};
const warnings = (...texts: string[]) =>
  strangersAmong(
    texts.map((text) => parseMatcher(text) ?? assert.fail(text)),
    known,
  );

test('what names something that is known is no stranger', () => {
  for (const text of [
    'target=web-*',
    'rule=postgres.*',
    'level!=critical',
    'service=shop',
    'environment=production',
    'device=sda1',
  ])
    assert.deepEqual(warnings(text), [], text);
  assert.deepEqual(warnings('target=web-1', 'service=shop', 'rule=http.down'), []);
});

test('a mistyped target, rule, level or label is told with the name that was meant', () => {
  for (const [text, said] of [
    ['target=web-l', 'target=web-l holds nothing: no target of that name is known; did you mean web-1?'],
    [
      'rule=postgres.conections',
      'rule=postgres.conections holds nothing: no rule of that name is known; did you mean postgres.connections?',
    ],
    ['rule=postgrs.*', 'rule=postgrs.* holds nothing: no rule is like that'],
    ['level=critcal', 'level=critcal holds nothing: no level of that name is known; did you mean critical?'],
    ['tarket=db', 'tarket=db holds nothing: no label tarket is known; did you mean target?'],
    ['target!=dv', 'target!=dv leaves nothing out: no target of that name is known; did you mean db?'],
    ['device=xvda', 'device=xvda holds nothing: no device of that name is known'],
  ] as const)
    assert.deepEqual(warnings(text), [said]);
});

test('conditions that no target meets together', () => {
  assert.deepEqual(warnings('target=db', 'service=shop'), ['no target meets all of target=db, service=shop']);
});
