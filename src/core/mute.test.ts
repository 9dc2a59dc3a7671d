import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatMatcher,
  holdOf,
  isLike,
  matches,
  type Occurrence,
  parseMatcher,
  type Silence,
  type Subject,
} from './mute.ts';

const subject: Subject = {
  rule: 'http.down',
  target: 'web-1',
  system: 'http',
  level: 'critical',
  environment: 'prod',
  services: ['shop', 'api'],
  labels: { path: '/health' },
};
const silence = (matchers: string[], startsAt: number, endsAt: number): Silence => ({
  id: `s${endsAt}`,
  matchers: matchers.map((text) => parseMatcher(text) ?? assert.fail(text)),
  reason: 'deploying',
  createdBy: 'ann',
  createdAt: 0,
  startsAt,
  endsAt,
});
const window = (covers: string[] | null, startsAt: number, endsAt: number): Occurrence => ({
  window: 'patches',
  what: 'Security patches',
  startsAt,
  endsAt,
  covers: covers && new Set(covers),
});

test('a matcher is read as it is written', () => {
  assert.deepEqual(parseMatcher('target=web-*'), { label: 'target', isNegated: false, pattern: 'web-*' });
  assert.deepEqual(parseMatcher(' level != "low" '), { label: 'level', isNegated: true, pattern: 'low' });
  for (const text of ['', 'target', '=web', 'target=', 'a b=c']) assert.equal(parseMatcher(text), undefined);
  assert.equal(formatMatcher({ label: 'target', isNegated: true, pattern: 'web-*' }), 'target!=web-*');
});

test('a matcher looks at the alert, its target, its services and its labels', () => {
  const does = (text: string) => matches(parseMatcher(text) ?? assert.fail(text), subject);
  for (const text of [
    'rule=http.*',
    'service=api',
    'path=/health',
    'environment=prod',
    'level=critical',
    'system!=redis',
  ])
    assert.equal(does(text), true, text);
  for (const text of ['rule=postgres.*', 'service=billing', 'nothing=x', 'level!=critical', 'service!=shop'])
    assert.equal(does(text), false, text);
});

test('patterns are no regular expressions, and their time is bounded', () => {
  assert.equal(isLike('web.1', 'web?1'), false);
  assert.equal(isLike('aaa', 'a*a*a'), true);
  assert.equal(isLike('aa', 'a*a*a'), false);
  assert.equal(isLike('ab', 'ab*b'), false);
  assert.equal(isLike(`${'a'.repeat(10_000)}b`, `${'a*'.repeat(200)}c`), false);
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 4 }), { minLength: 1, maxLength: 6 }),
      fc.string(),
      (parts, gap) => {
        const clean = parts.map((part) => part.replaceAll('*', ''));
        assert.equal(isLike(clean.join(gap), clean.join('*')), true);
      },
    ),
  );
});

test('a silence holds from its start to its end, and only where every matcher holds', () => {
  const one = silence(['target=web-*', 'level=critical'], 100, 200);
  assert.equal(holdOf(subject, 99, [one], []), null);
  assert.deepEqual(holdOf(subject, 100, [one], []), {
    kind: 'silence',
    by: 's200',
    until: 200,
    reason: 'deploying',
  });
  assert.equal(holdOf(subject, 200, [one], []), null);
  assert.equal(holdOf({ ...subject, level: 'low' }, 150, [one], []), null);
  assert.equal(
    holdOf(subject, 150, [silence([], 100, 200)], []),
    null,
    'no matcher would silence everything',
  );
});

test('of several holds the one that ends last counts', () => {
  const hold = holdOf(
    subject,
    150,
    [silence(['target=web-1'], 0, 180)],
    [window(null, 100, 300), window(['db'], 0, 900)],
  );
  assert.deepEqual(hold, { kind: 'maintenance', by: 'patches', until: 300, reason: 'Security patches' });
});
