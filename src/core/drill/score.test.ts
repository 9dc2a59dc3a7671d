import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DrillPlan, DrillRecord, SeenAction, SeenFinding } from './drill.ts';
import { scoreDrill } from './score.ts';

const plan: DrillPlan = {
  id: 'postgres.open-transaction',
  title: 'Transaction left open',
  row: '2',
  does: 'BEGIN; UPDATE orders',
  causes: [[{ diagnosis: 'postgres.blocked-by-lock', target: 'db' }]],
  mitigation: 'always',
  actions: ['postgres.terminate-backend'],
};
const finding = (diagnosis: string, target = 'db', more: Partial<SeenFinding> = {}): SeenFinding => ({
  diagnosis,
  target,
  summary: `${diagnosis} on ${target}`,
  confidence: 0.9,
  isCapacity: false,
  isTied: true,
  blames: null,
  ...more,
});
const terminated: SeenAction = {
  action: 'postgres.terminate-backend',
  target: 'db',
  state: 'done',
  appliedAt: 8_000,
  result: 'ended',
};
const good: DrillRecord = {
  plan,
  injectedAt: 1_000,
  endedAt: 20_000,
  alerts: [{ rule: 'postgres.blocked-sessions', target: 'db', firedAt: 4_000 }],
  findings: [
    { at: 5_000, incident: 'i', findings: [finding('http.dependency-error', 'api')] },
    { at: 6_000, incident: 'i', findings: [finding('postgres.blocked-by-lock')] },
  ],
  actions: [terminated],
  symptom: [
    { at: 2_000, isThere: true },
    { at: 8_000, isThere: true },
    { at: 9_000, isThere: false },
    { at: 20_000, isThere: false },
  ],
  holdMs: 5_000,
  damage: [],
  trouble: null,
};

test('times count from the injection: first alert, first time the cause led, symptom away for good', () => {
  const score = scoreDrill(good);
  assert.deepEqual([score.detectMs, score.localiseMs, score.mitigateMs], [3_000, 5_000, 8_000]);
  assert.deepEqual([score.top1, score.top3, score.rank, score.held], [true, true, 1, true]);
  assert.deepEqual(score.faults, []);
  assert.ok(score.passed);
});

test('a symptom that comes back, or went away by nothing that was done, is not mitigated', () => {
  const back = scoreDrill({
    ...good,
    symptom: [...good.symptom.slice(0, 3), { at: 18_000, isThere: true }, { at: 19_000, isThere: false }],
  });
  assert.equal(back.held, false);
  assert.equal(back.mitigateMs, null);
  assert.deepEqual(back.faults, ['the symptom did not clear and stay away']);
  const alone = scoreDrill({ ...good, actions: [] });
  assert.equal(alone.held, false);
  assert.deepEqual(alone.faults, ['postgres.terminate-backend was not applied']);
});

test('the cause in place 3 is in the top 3 and not the top 1; in place 4 it is in neither', () => {
  const behind = (places: number) => {
    const others = Array.from({ length: places - 1 }, (_, n) => finding(`other-${n}`));
    const list = { at: 6_000, incident: 'i', findings: [...others, finding('postgres.blocked-by-lock')] };
    return scoreDrill({ ...good, findings: [list] });
  };
  assert.deepEqual([behind(3).top1, behind(3).top3], [false, true]);
  assert.deepEqual([behind(4).top1, behind(4).top3], [false, false]);
  assert.equal(scoreDrill({ ...good, findings: [] }).rank, null);
});

test('of two independent causes both must lead, in one incident or in two', () => {
  const two: DrillPlan = {
    ...plan,
    causes: [...plan.causes, [{ diagnosis: 'redis.memory-full', target: 'cache' }]],
  };
  const both = [finding('redis.memory-full', 'cache'), finding('postgres.blocked-by-lock')];
  assert.ok(
    scoreDrill({ ...good, plan: two, findings: [{ at: 6_000, incident: 'i', findings: both }] }).passed,
  );
  const apart = both.map((one, n) => ({ at: 6_000 + n, incident: `i${n}`, findings: [one] }));
  assert.ok(scoreDrill({ ...good, plan: two, findings: apart }).passed);
  const one = scoreDrill({ ...good, plan: two });
  assert.deepEqual([one.top1, one.top3], [false, false]);
});

test('what led until it was ended counts, also where another incident goes on and is looked at again', () => {
  const two: DrillPlan = {
    ...plan,
    causes: [...plan.causes, [{ diagnosis: 'tls.certificate-expired', target: 'certificate' }]],
  };
  const certificate = finding('tls.certificate-expired', 'certificate');
  const findings = [
    { at: 6_000, incident: 'i', findings: [finding('postgres.blocked-by-lock'), certificate] },
    { at: 9_000, incident: 'i', findings: [certificate] },
  ];
  assert.ok(scoreDrill({ ...good, plan: two, findings }).passed);
  // Where it was never named before nor after, that it was ended by luck helps nothing.
  assert.equal(scoreDrill({ ...good, plan: two, findings: findings.slice(1) }).rank, null);
});

test('an action that could not be planned is told with the reason', () => {
  const notPlanned = [{ action: 'postgres.terminate-backend', reason: 'pid 7 is gone' }];
  assert.deepEqual(scoreDrill({ ...good, actions: [], notPlanned }).faults, [
    'postgres.terminate-backend was not applied (not planned: pid 7 is gone)',
  ]);
});

test('what ran beside what may run is a false action; on a control so is a proposal', () => {
  const restart = { ...terminated, action: 'process.restart', target: 'api' };
  assert.deepEqual(scoreDrill({ ...good, actions: [terminated, restart] }).falseActions, [
    'process.restart on api (done)',
  ]);
  const may = { ...plan, mayApply: ['process.restart'] };
  assert.ok(scoreDrill({ ...good, plan: may, actions: [terminated, restart] }).passed);
  const control: DrillPlan = { ...plan, causes: [], mitigation: 'nothing', actions: [] };
  const quiet = { ...good, plan: control, alerts: [], findings: [], actions: [] };
  assert.ok(scoreDrill(quiet).passed);
  const waiting = { ...restart, state: 'awaiting-approval', appliedAt: null };
  assert.deepEqual(scoreDrill({ ...quiet, actions: [waiting] }).falseActions, [
    'process.restart on api (awaiting-approval)',
  ]);
});

test('where a person decides, the plan waits: applied it is a false action, missing it is a fault', () => {
  const ask: DrillPlan = { ...plan, mitigation: 'ask' };
  const waiting = { ...terminated, state: 'awaiting-approval', appliedAt: null };
  assert.ok(scoreDrill({ ...good, plan: ask, actions: [waiting] }).passed);
  assert.deepEqual(scoreDrill({ ...good, plan: ask, actions: [] }).faults, [
    'postgres.terminate-backend was not proposed',
  ]);
  assert.equal(scoreDrill({ ...good, plan: ask }).falseActions.length, 1);
  const refused = { ...waiting, state: 'refused', result: 'no restore was proven' };
  assert.deepEqual(scoreDrill({ ...good, plan: ask, actions: [refused] }).faults, [
    'postgres.terminate-backend was not proposed (refused: no restore was proven)',
  ]);
});

test('damage, claims without evidence, blame of the innocent and a drill gone wrong are said', () => {
  const decoy = { ...plan, innocent: ['release 42'] };
  const list = [
    finding('postgres.blocked-by-lock', 'db', { isTied: false }),
    finding('http.slow', 'api', { blames: 'release 42 of the shop' }),
  ];
  const { faults, passed } = scoreDrill({
    ...good,
    plan: decoy,
    findings: [{ at: 6_000, incident: 'i', findings: list }],
    damage: [{ name: 'orders', before: 5_000, after: 0 }],
    trouble: 'no such file',
  });
  assert.deepEqual(faults, [
    'the drill went wrong: no such file',
    'damage: orders: 5000 -> 0',
    'a claim without evidence: postgres.blocked-by-lock on db',
    'the innocent is blamed: http.slow on api',
  ]);
  assert.equal(passed, false);
});
