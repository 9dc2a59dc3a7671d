import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { moreCauses, rankFindings } from './diagnosis.ts';
import type { Finding } from './evidence.ts';
import type { Topology } from './topology.ts';

const topology = {
  needs: new Map([
    ['web', ['api']],
    ['api', ['db']],
  ]),
  servicesOf: new Map(),
};
const finding = (id: string, target: string, confidence: number, onset?: number): Finding => ({
  id,
  target,
  summary: `${id} on ${target}`,
  explanation: '',
  confidence,
  evidence: [],
  unseen: [],
  recommendations: [],
  ...(onset === undefined ? {} : { onset }),
});

test('another sure fault that has nothing to do with the first is one more cause', () => {
  const [db, disk] = [finding('lock', 'db', 0.9), finding('full', 'disk', 0.9)];
  assert.equal(moreCauses([], topology), 0);
  assert.equal(moreCauses([db], topology), 0);
  assert.equal(moreCauses([db, disk, finding('again', 'disk', 0.9)], topology), 1);
  for (const other of [
    finding('slow', 'web', 0.95),
    finding('guess', 'disk', 0.6),
    { ...disk, isWhereOnly: true as const },
    { ...disk, over: { at: 1, was: 'full' } },
    { ...disk, beside: 'nothing follows from it' },
    { ...disk, nature: 'hygiene' as const },
  ])
    assert.equal(moreCauses([db, other], topology), 0, JSON.stringify(other));
});

test('what is over comes after what is there, however deep and sure it is', () => {
  const topology: Topology = { needs: new Map([['site', ['db']]]), servicesOf: new Map() };
  const found = (id: string, target: string, confidence: number, rest: Partial<Finding> = {}): Finding => ({
    ...{ id, target, summary: id, explanation: '', confidence, evidence: ['seen'], unseen: [] },
    ...{ recommendations: [], ...rest },
  });
  const over = found('lock', 'db', 0.95, { over: { at: 1, was: 'lock' } });
  const unseen = found('index', 'db', 0.95, { since: 'not-looked' });
  const now = found('frozen', 'site', 0.6);
  for (const past of [over, unseen])
    assert.deepEqual(
      rankFindings([past, now], topology).map(({ id }) => id),
      ['frozen', past.id],
    );
  const standing = found('index', 'db', 0.95, { since: 'stands' });
  assert.equal(rankFindings([now, standing], topology)[0]?.id, 'index');
});

test('a sure cause below comes before a surer symptom above', () => {
  const ranked = rankFindings(
    [finding('http.backend-frozen', 'web', 0.9), finding('postgres.blocked-by-lock', 'db', 0.8)],
    topology,
  );
  assert.deepEqual(
    ranked.map((one) => one.target),
    ['db', 'web'],
  );
});

test('what is a cause by itself is no symptom of what stands below: only the surest cause there comes before it', () => {
  const frozen: Finding = { ...finding('process.frozen', 'api', 0.97), isByItself: true };
  const below = [finding('redis.memory-full', 'db', 0.95), finding('redis.mass-expiry', 'db', 0.8)];
  const names = (findings: readonly Finding[]) => rankFindings(findings, topology).map(({ id }) => id);
  assert.deepEqual(names([...below, frozen]), ['redis.memory-full', 'process.frozen', 'redis.mass-expiry']);
});

test('the deepest broken dependency leads, also where it is the least sure of three', () => {
  const ranked = rankFindings(
    [finding('http.a', 'web', 0.98), finding('http.b', 'api', 0.97), finding('tcp.x', 'db', 0.5)],
    topology,
  );
  assert.deepEqual(
    ranked.map((one) => one.target),
    ['db', 'api', 'web'],
  );
});

test('what says only where it fails yields to a change that made it in what the same users need, and to no other', () => {
  const beside = {
    needs: new Map([['web', ['proxy', 'db']]]),
    servicesOf: new Map<string, string[]>(),
  };
  const where: Finding = { ...finding('haproxy.bad-server', 'proxy', 0.95), isWhereOnly: true };
  const why = { ...finding('postgres.role-locked-out', 'db', 0.8), change: 'change-1' };
  const first = (findings: readonly Finding[], known = beside) => rankFindings(findings, known)[0]?.target;
  assert.equal(first([where, why]), 'db');
  assert.equal(first([finding('haproxy.server-down', 'proxy', 0.95), why]), 'proxy', 'it says why itself');
  const [led] = rankFindings([{ ...where, id: 'http.dependency-error', target: 'db' }, why], beside);
  assert.equal(led?.id, 'postgres.role-locked-out', 'also where both name the same target');
  assert.equal(first([where, { ...why, confidence: 0.6 }]), 'proxy', 'the change is doubtful');
  assert.equal(first([where, finding('postgres.x', 'db', 0.8)]), 'proxy', 'nothing was changed');
  assert.equal(first([where, why], { ...beside, needs: new Map() }), 'proxy', 'nobody needs both');
});

test('a doubtful cause below does not push down what is sure', () => {
  const ranked = rankFindings(
    [finding('http.backend-down', 'api', 0.95), finding('postgres.x', 'db', 0.3)],
    topology,
  );
  assert.equal(ranked[0]?.target, 'api');
});

test('of equals the one that began first leads, and the same finding is told once', () => {
  const ranked = rankFindings(
    [finding('a', 'x', 0.7, 20), finding('b', 'y', 0.7, 10), finding('a', 'x', 0.6, 20)],
    topology,
  );
  assert.deepEqual(
    ranked.map((one) => one.id),
    ['b', 'a'],
  );
});

test('two independent causes stay two findings, also of one target and of one kind', () => {
  const ranked = rankFindings(
    [
      finding('postgres.dead-slot', 'db', 0.9),
      finding('redis.memory-full', 'cache', 0.9),
      { ...finding('postgres.blocked-by-lock', 'db', 0.95), summary: 'pid 1 blocks' },
      { ...finding('postgres.blocked-by-lock', 'db', 0.95), summary: 'pid 2 blocks' },
    ],
    topology,
  );
  assert.equal(ranked.length, 4);
});

test('a capacity finding comes after every likely fault that has evidence, however sure it is', () => {
  const fault = { ...finding('postgres.missing-index', 'db', 0.55), evidence: ['db.plan'] };
  const peak = { ...finding('postgres.traffic-peak', 'db', 0.95), nature: 'capacity' as const };
  const guess = { ...finding('postgres.x', 'db', 0.3), evidence: ['db.x'] };
  const ranked = rankFindings([peak, guess, fault], topology).map(({ id }) => id);
  assert.deepEqual(ranked, ['postgres.missing-index', 'postgres.traffic-peak', 'postgres.x']);
  assert.deepEqual(
    rankFindings([guess, peak], topology).map(({ id }) => id),
    ['postgres.traffic-peak', 'postgres.x'],
  );
});

test('a line of a log holds back no capacity finding', () => {
  const peak = { ...finding('postgres.traffic-peak', 'db', 0.8), nature: 'capacity' as const };
  const line: Finding = {
    ...finding('log.known-message', 'api', 0.55),
    evidence: ['api.logs'],
    isSaidOnly: true,
  };
  assert.equal(rankFindings([line, peak], topology)[0]?.id, 'postgres.traffic-peak');
});

test('a capacity finding below is no broken dependency of what stands above', () => {
  const peak = { ...finding('postgres.traffic-peak', 'db', 0.9), nature: 'capacity' as const };
  const fault = { ...finding('http.backend-down', 'api', 0.7), evidence: ['api.x'] };
  assert.equal(rankFindings([peak, fault], topology)[0]?.id, 'http.backend-down');
});

test('of what a target needs, a limit that is reached comes before a fault there that says only where', () => {
  const full = { ...finding('haproxy.saturated', 'db', 0.9), nature: 'capacity' as const };
  const where = {
    ...finding('http.unreachable', 'api', 0.85),
    evidence: ['api.x'],
    isWhereOnly: true as const,
  };
  assert.equal(rankFindings([where, full], topology)[0]?.id, 'haproxy.saturated');
  const beside = { ...where, target: 'other' };
  assert.equal(rankFindings([beside, full], topology)[0]?.id, 'http.unreachable', 'nobody says it needs it');
  const known = finding('http.backend-down', 'api', 0.7);
  const sure = { ...known, evidence: ['api.y'] };
  assert.equal(rankFindings([sure, where, full], topology).at(-1)?.id, 'haproxy.saturated');
});

test('a finding that names the change as its cause comes before one as sure that names none', () => {
  const blamed = { ...finding('postgres.settings-regression', 'db', 0.8, 20), change: 'c1' };
  const ranked = rankFindings([finding('postgres.slow-statement', 'db', 0.8, 10), blamed], topology);
  assert.equal(ranked[0]?.id, 'postgres.settings-regression');
  const surer = rankFindings(
    [finding('postgres.blocked-by-lock', 'db', 0.95), { ...blamed, confidence: 0.6 }],
    topology,
  );
  assert.equal(surer[0]?.id, 'postgres.blocked-by-lock', 'a change does not make up for evidence');
});

test('the order in which findings come decides nothing', () => {
  const any = fc.record({
    id: fc.constantFrom('a', 'b', 'c'),
    target: fc.constantFrom('web', 'api', 'db'),
    confidence: fc.constantFrom(0.3, 0.5, 0.8),
    onset: fc.constantFrom(undefined, 1, 2),
  });
  const lists = fc
    .array(any, { maxLength: 8 })
    .map((list) =>
      list.map((one, at) => ({
        ...finding(one.id, one.target, one.confidence, one.onset),
        summary: `${at}`,
      })),
    )
    .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
  fc.assert(
    fc.property(lists, ([list, shuffled]) => {
      assert.deepEqual(rankFindings(shuffled, topology), rankFindings(list, topology));
    }),
  );
});
