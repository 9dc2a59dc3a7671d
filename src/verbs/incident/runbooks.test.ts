import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runbooksOf } from './runbooks.ts';

test('the runbook of what fires comes before that of what has ended, the gravest first', () => {
  const alerts = [
    { rule: 'ended', state: 'resolved', level: 'critical', since: 1 },
    { rule: 'again', state: 'resolved', level: 'critical', since: 2 },
    { rule: 'silent', state: 'firing', level: 'critical', since: 3 },
    { rule: 'low', state: 'firing', level: 'low', since: 9 },
    { rule: 'old', state: 'firing', level: 'high', since: 4 },
    { rule: 'new', state: 'firing', level: 'high', since: 5 },
    { rule: 'soon', state: 'pending', level: 'critical', since: 6 },
    { rule: 'again', state: 'firing', level: 'medium', since: 8 },
  ] as const;
  const texts = runbooksOf(alerts, (rule) => (rule === 'silent' ? undefined : `do ${rule}`));
  assert.deepEqual(
    texts.map(({ rule }) => rule),
    ['new', 'old', 'again', 'low', 'soon', 'ended'],
  );
  assert.equal(texts[0]?.text, 'do new');
});
