import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from './alert.ts';
import { rankFindings } from './diagnosis.ts';
import type { Finding } from './evidence.ts';
import { isErrorAtOnce, mechanismOf, type Symptom, withMechanism } from './mechanism.ts';

const topology = {
  needs: new Map([
    ['edge', ['a1', 'a2']],
    ['a1', ['db']],
    ['a2', ['db']],
  ]),
  servicesOf: new Map<string, string[]>(),
};
const finding = (id: string, target: string, confidence: number, rest: Partial<Finding> = {}): Finding => ({
  ...{ id, target, summary: id, explanation: '', confidence, evidence: [`${target}.seen`] },
  ...{ unseen: [], recommendations: [], ...rest },
});
const fires = (rule: string, target: string): Symptom => ({ rule, target, state: 'firing' });
const index = finding('postgres.missing-index', 'db', 0.95, { onlySlows: true, change: 'change-1' });
const ill = finding('haproxy.server-down', 'edge', 0.88, {
  ...{ isNoSlowness: true, isWhereOnly: true },
  explained: [
    { rule: 'haproxy.server-down', target: 'edge' },
    { rule: 'haproxy.server-errors', target: 'edge' },
  ],
});
const own = finding('http.own-error', 'a2', 0.7, {
  isNoSlowness: true,
  explained: [{ rule: 'http.down', target: 'a2' }],
});
const errors = [
  fires('haproxy.server-down', 'edge'),
  fires('haproxy.server-errors', 'edge'),
  fires('http.down', 'a2'),
];

test('a dropped index is no cause of one server that answers 500 at once: it stands beside, and another leads', () => {
  assert.deepEqual(mechanismOf(index, [index, ill, own], errors, topology), {
    ...{ explains: false, reason: 'only-slows' },
  });
  const ranked = rankFindings(withMechanism([index, ill, own], errors, topology), topology);
  assert.deepEqual(
    ranked.map(({ id }) => id),
    ['http.own-error', 'haproxy.server-down', 'postgres.missing-index'],
  );
  assert.match(ranked[2]?.beside ?? '', /^what needs db would be slow by it, and all that fires/);
});

test('what slows is the cause as soon as something that it makes fires too, or nobody saw it fail at once', () => {
  const reasonOf = (known: readonly Finding[], alerts: readonly Symptom[]) =>
    mechanismOf(known[0] ?? index, known, alerts, topology).reason;
  assert.equal(reasonOf([index, ill, own], [...errors, fires('http.slow', 'edge')]), 'reaches');
  assert.equal(reasonOf([index, ill], errors), 'reaches', 'nobody saw how a2 fails');
  assert.equal(reasonOf([index, { ...ill, confidence: 0.5 }, own], errors), 'reaches', 'a guess');
  const locked = finding('postgres.blocked-by-lock', 'db', 0.95);
  assert.equal(reasonOf([locked, ill, own], errors), 'reaches', 'a lock may fail at once');
  assert.equal(reasonOf([index], [fires('http.down', 'other')]), 'nothing-fires');
  assert.equal(
    reasonOf(
      [{ ...index, explained: [{ rule: 'postgres.slow-statement', target: 'db' }] }, ill, own],
      [...errors, fires('postgres.slow-statement', 'db')],
    ),
    'own-alert',
  );
  assert.equal(
    reasonOf([index, ill, own], [...errors, fires('slo.burn-rate', 'a1')]),
    'only-slows',
    'a budget burns by the errors as well',
  );
});

test('an alert of how a target itself stands is brought about by nothing below it', () => {
  const found = withMechanism([index], [fires('nginx.configuration', 'edge')], topology);
  assert.match(found[0]?.beside ?? '', /^what fires is how its own target stands/);
  const stopped = finding('process.frozen', 'a1', 0.97, {
    isByItself: true,
    explained: [{ rule: 'process.down', target: 'a1' }],
  });
  assert.equal(
    mechanismOf(index, [index, stopped], [fires('process.down', 'a1')], topology).reason,
    'of-itself',
    'a process that somebody stopped',
  );
  assert.equal(
    mechanismOf(index, [index], [fires('nginx.configuration', 'edge'), fires('http.slow', 'a1')], topology)
      .reason,
    'reaches',
  );
  assert.equal(
    mechanismOf(index, [index], [fires('postgres.settings-file', 'db')], topology).reason,
    'reaches',
  );
});

test('what stood for minutes at a target that is well leads over no error that its dependent answers itself', () => {
  const minute = 60_000;
  const at = (rule: string, target: string, since: number): Symptom => ({ ...fires(rule, target), since });
  const lost = finding('redis.mass-expiry', 'db', 0.9, { onset: 0 });
  const answers = { ...own, isWhereOnly: true as const };
  const late = [at('http.down', 'edge', 8 * minute), at('http.down', 'a2', 11 * minute)];
  const reasonOf = (alerts: readonly Symptom[], known: readonly Finding[] = [lost, answers]) =>
    mechanismOf(lost, known, alerts, topology).reason;
  assert.equal(reasonOf(late), 'stood-before');
  const [first] = rankFindings(withMechanism([lost, answers], late, topology), topology);
  assert.equal(first?.id, 'http.own-error');
  assert.equal(reasonOf([...late, at('redis.down', 'db', 11 * minute)]), 'reaches', 'its own target is ill');
  assert.equal(reasonOf([at('http.down', 'a2', 2 * minute)]), 'reaches', 'it began with it');
  assert.equal(reasonOf([...late, at('http.down', 'a1', 11 * minute)]), 'reaches', 'nobody saw how a1 fails');
  assert.equal(reasonOf(late, [lost]), 'reaches', 'nothing else is known');
});

test('what came in a moment that was over is no cause of what is graver and began later', () => {
  const at = (rule: string, target: string, since: number, level: Alert['level']): Symptom => ({
    ...fires(rule, target),
    ...{ since, level },
  });
  const slow = finding('redis.slow-command', 'db', 0.9, {
    lastAt: 10_000,
    explained: [{ rule: 'redis.slow-command', target: 'db' }],
  });
  const once = at('redis.slow-command', 'db', 9_000, 'medium');
  const down = at('http.down', 'a2', 40_000, 'critical');
  const reasonOf = (alerts: readonly Symptom[], cause = slow) =>
    mechanismOf(cause, [cause, own], alerts, topology).reason;
  assert.equal(reasonOf([once, down]), 'ended-before');
  assert.match(
    withMechanism([slow], [once, down], topology)[0]?.beside ?? '',
    /^it was over for more than 15 s/,
  );
  assert.equal(reasonOf([once]), 'own-alert');
  assert.equal(reasonOf([once, { ...down, since: 20_000 }]), 'own-alert', 'a check waits for seconds');
  assert.equal(reasonOf([once, { ...down, level: 'medium' }]), 'own-alert', 'no graver than its own');
  assert.equal(reasonOf([once, down], { ...slow, lastAt: 39_000 }), 'own-alert', 'it goes on');
});

test('what stood for minutes while nothing fired is no cause of what began with another fault', () => {
  const minute = 60_000;
  const at = (rule: string, target: string, since: number): Symptom => ({ ...fires(rule, target), since });
  const older = { ...index, onset: 0 };
  const frozen = finding('process.frozen', 'a1', 0.97, { isByItself: true, onset: 10 * minute });
  const late = [at('http.down', 'a1', 10 * minute + 5_000), at('haproxy.errors', 'edge', 11 * minute)];
  assert.equal(mechanismOf(older, [older, frozen], late, topology).reason, 'stood-before');
  const ranked = rankFindings(withMechanism([older, frozen], late, topology), topology);
  assert.deepEqual(
    ranked.map(({ id, beside }) => [id, beside === undefined]),
    [
      ['process.frozen', true],
      ['postgres.missing-index', false],
    ],
  );
  const early = [at('http.slow', 'edge', 2 * minute), ...late];
  assert.equal(
    mechanismOf(older, [older, frozen], early, topology).reason,
    'reaches',
    'it fired right after',
  );
  assert.equal(mechanismOf(older, [older], late, topology).reason, 'reaches', 'nothing else is known');
  assert.equal(
    mechanismOf(older, [older, { ...frozen, onset: minute }], late, topology).reason,
    'reaches',
    'the other stood before as well',
  );
  assert.equal(
    mechanismOf(older, [older, finding('http.pool-full', 'a1', 0.9, { onset: 10 * minute })], late, topology)
      .reason,
    'reaches',
    'the other may follow from it',
  );
  assert.equal(
    mechanismOf(index, [index, frozen], late, topology).reason,
    'reaches',
    'since when is not known',
  );
});

test('an error that came at once waited for nothing; a late one, or one that is said of others, may have', () => {
  assert.ok(isErrorAtOnce(500, 0.02));
  for (const [status, seconds] of [
    [500, 2.5],
    [500, null],
    [503, 0.02],
    [504, 0.02],
    [200, 0.02],
  ] as const)
    assert.ok(!isErrorAtOnce(status, seconds), `${status} after ${seconds}`);
});
