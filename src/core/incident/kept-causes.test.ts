import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence, Finding } from '../evidence.ts';
import type { Topology } from '../topology.ts';
import {
  findingsAtEnd,
  findingsSoFar,
  joinCauses,
  keepAsked,
  keepCauses,
  markMended,
  rootCauses,
} from './kept-causes.ts';

const topology: Topology = {
  needs: new Map([
    ['proxy', ['api1', 'api2']],
    ['api1', ['db', 'cache']],
    ['api2', ['db', 'cache']],
  ]),
  servicesOf: new Map(),
};

const finding = (id: string, target: string, changes: Partial<Finding> = {}): Finding => ({
  ...{ id, target, summary: id, explanation: '', confidence: 0.95 },
  ...{ evidence: [`${target}.seen`], unseen: [], recommendations: [], ...changes },
});
const seen = (target: string, used: number): Evidence => ({
  ...{ id: `${target}.seen`, target, title: target, at: 1, how: 'look', facts: { used } },
});
const lock = finding('postgres.blocked-by-lock', 'db', {
  recommendations: [
    { action: 'postgres.terminate-backend', target: 'db', input: { pid: 812 }, why: 'it blocks' },
  ],
});
const weak = finding('log.new', 'api1', { confidence: 0.55 });
const ended = {
  action: 'postgres.terminate-backend',
  target: 'db',
  state: 'done',
  appliedAt: 2_000,
} as const;
const minute = 60_000;

function keptOver(...looks: readonly (readonly Finding[])[]) {
  return looks.reduce<ReturnType<typeof keepCauses>>(
    (kept, found, index) =>
      keepCauses(
        kept,
        { findings: found, evidence: [seen('db', index)] },
        (index + 1) * 2 * minute,
        topology,
      ),
    [],
  );
}

const namesOf = (kept: ReturnType<typeof keepCauses>) => kept.map((one) => one.finding.id).join();

test('every cause that was found with high confidence is kept in order of time, the deepest of one look first', () => {
  const server = finding('haproxy.bad-server', 'proxy');
  const killed = finding('postgres.unreachable', 'db');
  const file = finding('nginx.broken-configuration', 'proxy', { isByItself: true });
  assert.equal(
    namesOf(keptOver([server], [file, killed], [weak])),
    [server, killed, file].map(({ id }) => id).join(),
  );
});

test('what follows from a cause is none, nor what says only where, what is weak, or how something is set up', () => {
  const above = finding('http.own-error', 'api1');
  const where = finding('haproxy.bad-server', 'proxy', { isWhereOnly: true });
  const setUp = finding('postgres.open', 'cache', { nature: 'hygiene' });
  assert.equal(namesOf(keptOver([lock, above, where, setUp, weak])), lock.id);
  const kept = keepCauses([], { findings: [lock], evidence: [] }, minute, topology);
  const soon = keepCauses(kept, { findings: [above], evidence: [] }, minute + 30_000, topology);
  assert.equal(namesOf(soon), lock.id, 'what needs it recovers a little later');
  const frozen = finding('process.frozen', 'api1', { isByItself: true });
  assert.equal(namesOf(keptOver([lock, frozen])), `${lock.id},${frozen.id}`);
});

test('a cause is kept as it was found, with its evidence, and once', () => {
  const kept = keptOver([lock], [lock]);
  assert.equal(kept.length, 1);
  assert.deepEqual(
    kept[0]?.evidence.map(({ facts }) => facts),
    [{ used: 0 }],
  );
  assert.equal(kept[0]?.foundAt, 2 * minute);
});

test('the cause that a verified action mended is the first for good', () => {
  const earlier = finding('haproxy.bad-server', 'proxy');
  const kept = keptOver([earlier], [lock]);
  const done = { ...ended, appliedAt: 5 * minute };
  assert.deepEqual(
    rootCauses(kept, [done]).map((one) => [one.finding.id, one.mendedBy]),
    [
      [lock.id, 'postgres.terminate-backend'],
      [earlier.id, null],
    ],
  );
  assert.deepEqual(
    rootCauses(kept, [{ ...done, state: 'undone' }]).map((one) => one.mendedBy),
    [null, null],
  );
});

test('at the end the kept causes lead, each with the evidence it was found by, and what came later follows', () => {
  const kept = keptOver([lock]);
  const end = findingsAtEnd({ findings: [weak], evidence: [seen('db', 99)] }, rootCauses(kept, [ended]));
  assert.deepEqual(
    end.findings.map(({ id }) => id),
    [lock.id, weak.id],
  );
  const shown = end.evidence.filter(({ id }) => end.findings[0]?.evidence.includes(id));
  assert.deepEqual(
    shown.map(({ facts }) => facts),
    [{ used: 0 }],
  );
  const again = findingsAtEnd(end, rootCauses(kept, [ended]));
  assert.deepEqual(again, end, 'told twice it says the same');
});

test('of two incidents that become one the causes go on, in order of time, each with its evidence and what mended it', () => {
  const [ofDb, ofProxy] = [keptOver([lock]), keptOver([], [finding('haproxy.bad-server', 'proxy')])];
  const input = { pid: 812, force: false };
  const mended = markMended(ofDb, { action: ended.action, target: 'db', input }, 3_000, 'it is gone');
  const joined = joinCauses(ofProxy, mended);
  assert.equal(namesOf(joined), 'postgres.blocked-by-lock,haproxy.bad-server');
  assert.deepEqual(joined[0]?.finding.evidence, ['db.seen#1']);
  assert.deepEqual(
    joined.map(({ evidence }) => evidence.map(({ id }) => id)),
    [['db.seen#1'], []],
  );
  assert.equal(rootCauses(joined, [])[0]?.mendedBy, ended.action, 'though its action is of the other');
  assert.equal(joinCauses(mended, ofDb).length, 1, 'what both had is one');
});

test('an open incident tells what is so now, then the causes it had before, the mended ones as over', () => {
  const kept = markMended(
    keptOver([lock], [finding('redis.memory-full', 'cache')]),
    { action: ended.action, target: 'db', input: { pid: 812 } },
    3 * minute,
    undefined,
  );
  const full = finding('redis.clients-exhausted', 'cache');
  const told = findingsSoFar({ findings: [full], evidence: [] }, kept);
  assert.deepEqual(
    told.findings.map(({ id, over }) => [id, over?.by]),
    [
      [full.id, undefined],
      ['redis.memory-full', undefined],
      [lock.id, 'postgres.terminate-backend'],
    ],
  );
  assert.equal(told.findings[1]?.seenAt, 4 * minute, 'its figures are of then');
  assert.ok(told.evidence.some(({ id }) => told.findings[2]?.evidence.includes(id)));
  assert.deepEqual(
    findingsSoFar({ findings: [], evidence: [] }, kept).findings.length,
    2,
    'nothing found by now is no incident without a cause',
  );
  assert.equal(
    findingsSoFar({ findings: [{ ...lock, confidence: 0.9 }], evidence: [] }, kept).findings.length,
    2,
  );
});

test('what asked for an action that helped is kept, however sure it was', () => {
  const where = finding('haproxy.bad-server', 'proxy', {
    ...{ confidence: 0.7, isWhereOnly: true, seenAt: minute },
    recommendations: [{ action: 'haproxy.drain-server', target: 'proxy', input: {}, why: 'it fails' }],
  });
  const plan = { action: 'haproxy.drain-server', target: 'proxy', input: {} };
  const look = { findings: [where, weak], evidence: [seen('proxy', 1)] };
  const kept = keepAsked([], look, plan, 2 * minute);
  assert.deepEqual(
    kept.map(({ finding: { id }, foundAt }) => [id, foundAt]),
    [[where.id, minute]],
  );
  assert.equal(keepAsked(kept, look, plan, 3 * minute).length, 1);
  assert.deepEqual(keepAsked([], look, { ...plan, target: 'edge' }, 2 * minute), []);
});
