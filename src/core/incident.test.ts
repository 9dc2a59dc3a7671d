import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from './alert.ts';
import { leadAfter, leadOf, leadTarget, levelOf, place, recovery, titleOf } from './incident.ts';
import type { Topology } from './topology.ts';

const topology: Topology = {
  needs: new Map([
    ['web', ['api']],
    ['api', ['db', 'cache']],
  ]),
  servicesOf: new Map(),
};
const alert = (target: string, changes: Partial<Alert> = {}): Alert => ({
  id: target,
  fingerprint: `r|${target}|`,
  rule: 'r',
  target,
  labels: {},
  summary: 'is down',
  state: 'firing',
  ruleLevel: 'critical',
  level: 'high',
  value: 0,
  threshold: 0,
  detail: '',
  since: 100,
  firedAt: 100,
  resolvedAt: null,
  incidentId: null,
  heldBy: null,
  ...changes,
});

test('an alert joins the oldest open incident it is connected to', () => {
  const open = [
    { id: 'new', status: 'open', openedAt: 20, targets: ['cache'] },
    { id: 'old', status: 'open', openedAt: 10, targets: ['db'] },
  ] as const;
  const placed = place({ target: 'web' }, open, topology);
  assert.equal(placed.kind === 'join' && placed.incidentId, 'old');
});

test('what nothing connects opens an incident of its own, and the reason says so', () => {
  const placed = place(
    { target: 'mail' },
    [{ id: 'i', status: 'open', openedAt: 1, targets: ['db'] }],
    topology,
  );
  assert.deepEqual(placed, { kind: 'open', reason: 'nothing open is joined to mail' });
});

test('the deepest broken dependency leads, however late it was seen and however loud the others are', () => {
  const alerts = [
    alert('web', { level: 'critical', since: 1 }),
    alert('api', { since: 2 }),
    alert('db', { since: 50, level: 'medium' }),
  ];
  assert.equal(leadOf(alerts, topology)?.target, 'db');
});

test('what has recovered does not lead while something fires', () => {
  assert.equal(leadOf([alert('web'), alert('db', { state: 'resolved' })], topology)?.target, 'web');
});

test('while the lead recovers it goes on leading what it explains, and no longer than recovery must hold', () => {
  const over = (target: string, resolvedAt: number) => alert(target, { state: 'resolved', resolvedAt });
  const lead = (alerts: Alert[], now: number) => leadAfter('db', alerts, topology, now, 100)?.target;
  assert.equal(lead([alert('web', { rule: 'http.down' }), over('db', 1_000)], 1_050), 'db', 'web needs db');
  assert.equal(lead([alert('web', { rule: 'http.down' }), over('db', 1_000)], 1_100), 'web');
  assert.equal(
    lead([alert('mail'), over('db', 1_000)], 1_050),
    'db',
    'the same trouble, recovering one by one',
  );
  assert.equal(lead([alert('mail', { rule: 'tcp.slow' }), over('db', 1_000)], 1_050), 'mail');
  assert.equal(lead([over('web', 990), over('db', 1_000)], 1_050), 'db');
});

test('of two equally deep causes the graver leads', () => {
  assert.equal(
    leadOf([alert('db', { level: 'medium' }), alert('cache', { level: 'critical' })], topology)?.target,
    'cache',
  );
});

test('the level is the gravest of its alerts', () => {
  assert.equal(levelOf([{ level: 'low' }, { level: 'critical' }, { level: 'medium' }]), 'critical');
});

test('the title names the lead and how many more', () => {
  assert.equal(titleOf(alert('db'), 3), 'db: is down (and 2 more)');
  assert.equal(titleOf(alert('db'), 1), 'db: is down');
});

test('an incident resolves only when well for as long as recovery must hold', () => {
  assert.equal(recovery(1, null, 0, 100).kind, 'broken');
  assert.deepEqual(recovery(0, 1_000, 1_050, 100), { kind: 'recovering', resolvesAt: 1_100 });
  assert.equal(recovery(0, 1_000, 1_100, 100).kind, 'resolved');
});

test('a sure finding about what lies below leads, however quiet that is; a doubtful or a foreign one does not', () => {
  const finding = (target: string, confidence: number) => [{ target, confidence }];
  assert.equal(leadTarget('api', finding('db', 0.95), topology), 'db');
  assert.equal(leadTarget('api', finding('db', 0.6), topology), 'api');
  assert.equal(leadTarget('api', finding('mail', 0.95), topology), 'api');
  assert.equal(leadTarget('api', [], topology), 'api');
});

test('a budget that burns never names what has a cause, also when it goes on burning after the cause ended', () => {
  const burning = alert('api', { id: 'slo', rule: 'slo.burn-rate', level: 'critical', since: 50 });
  const down = alert('api', { id: 'down', level: 'high' });
  assert.equal(leadOf([burning, down], topology)?.id, 'down');
  const ended = { ...down, state: 'resolved' as const, resolvedAt: 200 };
  assert.equal(leadOf([burning, ended], topology)?.id, 'down');
  assert.equal(leadAfter('api', [burning, ended], topology, 100_000, 1_000)?.id, 'down');
  assert.equal(leadOf([burning, alert('db', { level: 'medium' })], topology)?.target, 'db');
  assert.equal(leadOf([burning], topology)?.id, 'slo');
});
