import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from './alert.ts';
import { siblingMs } from './incident/other-failure.ts';
import { leadAfter, leading, leadOf, leadTarget, levelOf, place, titleOf } from './incident.ts';
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

test('damage of what is kept joins no load or outage, and neither joins it', () => {
  const incident = (...rules: string[]) => [
    { id: 'i', status: 'open' as const, openedAt: 1, targets: ['db'], rules },
  ];
  const [damaged, late, load] = ['upkeep.backup-not-proven', 'upkeep.backup-late', 'host.cpu'] as const;
  const where = (rule: string, ...rules: string[]) =>
    place({ target: 'db', rule }, incident(...rules), topology);
  assert.deepEqual(where(damaged, load), {
    ...{ kind: 'open', reason: 'damage of backups and other trouble are incidents of their own' },
  });
  assert.equal(where(damaged, load, late).kind, 'open');
  assert.equal(where(load, damaged).kind, 'open');
  assert.equal(where(load, late, damaged).kind, 'open');
  assert.equal(where(damaged, late).kind, 'join', 'all of the backups of one target is one thing to look at');
  assert.equal(where(late, damaged).kind, 'join');
  assert.equal(where(late, load).kind, 'join', 'a backup fails where its server is out');
  assert.equal(where(load, late).kind, 'join');
  assert.equal(where(damaged).kind, 'open', 'what people declared may be anything');
});

test('what recovered and only must hold takes nothing but what it needs or what needs it, and comes last', () => {
  const shop = { ...topology, servicesOf: new Map(['web', 'mail'].map((name) => [name, ['shop']])) };
  const held = { id: 'old', status: 'open' as const, openedAt: 1_000, targets: ['mail'], isHeld: true };
  assert.equal(place({ target: 'web' }, [{ ...held, isHeld: false }], shop, 2_000).kind, 'join');
  assert.equal(place({ target: 'web' }, [held], shop, 2_000).kind, 'open', 'one service is no cause');
  const sibling = { ...held, targets: ['api'] };
  const both = { ...topology, needs: new Map([...topology.needs, ['worker', ['db']]]) };
  assert.equal(place({ target: 'worker' }, [{ ...sibling, isHeld: false }], both, 2_000).kind, 'join');
  assert.equal(place({ target: 'worker' }, [sibling], both, 2_000).kind, 'open');
  const below = place({ target: 'db' }, [sibling], topology, 2_000);
  assert.equal(below.kind === 'join' && below.incidentId, 'old', 'what it needs may be why it comes back');
  const firing = { ...sibling, id: 'new', openedAt: 1_500, isHeld: false };
  const placed = place({ target: 'db' }, [sibling, firing], topology, 2_000);
  assert.equal(placed.kind === 'join' && placed.incidentId, 'new');
});

test('what is reached at one host and port is one trouble when it begins together, and not for ever', () => {
  const placeOf = new Map(['web', 'mail', 'blog'].map((name) => [name, '127.0.0.1:8080']));
  const at = { needs: new Map(), servicesOf: new Map(), placeOf: placeOf.set('else', '127.0.0.1:8081') };
  const one = { id: 'i', status: 'open' as const, openedAt: 1_000, targets: ['web'] };
  assert.deepEqual(place({ target: 'mail' }, [one], at, 1_000 + siblingMs), {
    kind: 'join',
    incidentId: 'i',
    reason: 'mail and web are both reached at 127.0.0.1:8080 and fail together',
    related: [],
  });
  assert.equal(
    place({ target: 'mail' }, [one], at, 1_001 + siblingMs).kind,
    'open',
    'another trouble by then',
  );
  assert.equal(place({ target: 'else' }, [one], at, 1_000).kind, 'open', 'another port is another thing');
  const flapping = { ...one, isHeld: true };
  assert.equal(place({ target: 'mail' }, [flapping], at, 2_000).kind, 'join', 'they go up and down in turn');
  const needing = { ...at, needs: new Map([['mail', ['db']]]) };
  const sure = { ...one, id: 'later', openedAt: 2_000, targets: ['db'] };
  const placed = place({ target: 'mail' }, [one, sure], needing, 3_000);
  assert.equal(placed.kind === 'join' && placed.incidentId, 'later', 'a declared need says more');
});

test('the title is of the cause that is found first, also where another alert leads', () => {
  const at = { topology, now: 1_000, recoverForMs: 5_000 };
  const found = (target: string, confidence = 0.9) => ({
    id: `toy.${target}-full`,
    target,
    summary: `${target} is full`,
    confidence,
  });
  const ended = alert('cache', { state: 'resolved', resolvedAt: 900, summary: 'no memory' });
  const incident = { lead: 'cache', title: 'cache: no memory', findings: [found('db')] };
  const named = (all: Alert[], changes: Partial<typeof incident> = {}) =>
    leading({ ...incident, ...changes }, all, new Set(all.map(({ target }) => target)).size, at);
  assert.deepEqual(named([ended, alert('api')]), { lead: 'db', title: 'db: db is full' });
  assert.equal(named([ended, alert('api'), alert('db')]).title, 'db: is down (and 1 more)');
  assert.equal(
    named([alert('cache', { summary: 'no memory' }), alert('db')]).title,
    'db: is down (and 1 more)',
    'two causes at once: the one that is ranked first',
  );
  assert.equal(
    named([ended, alert('api')], { findings: [found('db', 0.5)] }).lead,
    'cache',
    'a doubtful one names nothing',
  );
  assert.equal(named([ended, alert('api')], { findings: [found('mail')] }).lead, 'cache');
  const beside = { ...found('db'), beside: 'it only slows' };
  assert.equal(
    named([alert('api')], { findings: [beside] }).title,
    'api: is down',
    'what only stands beside gives no name',
  );
  assert.equal(
    leading({ ...incident, conduct: { declaredBy: 'ann' } }, [alert('api')], 1, at).title,
    incident.title,
  );
});

test('a cause whose own alert has resolved names nothing that fires since: the alerts lead until the next look', () => {
  const at = { topology, now: 1_000, recoverForMs: 5_000 };
  const explained = [{ rule: 'r.lock', target: 'db' }];
  const findings = [{ id: 'toy.lock', target: 'db', summary: 'waits', confidence: 0.9, explained }];
  const incident = { lead: 'db', title: 'db: a session has waited long', findings };
  const lock = alert('db', { rule: 'r.lock', summary: 'a session has waited long' });
  const over = { ...lock, state: 'resolved' as const, resolvedAt: 900 };
  const titled = (...all: Alert[]) => leading(incident, all, all.length, at).title;
  assert.equal(titled(lock, alert('api', { since: 950 })), 'db: a session has waited long (and 1 more)');
  assert.equal(titled(over, alert('api', { since: 800 })), 'db: a session has waited long (and 1 more)');
  assert.equal(titled(over, alert('api', { since: 950 })), 'api: is down');
  assert.match(
    titled(over, alert('db', { rule: 'r.slots', since: 950, summary: 'no slot' })),
    /^db: no slot/,
  );
});

test('what was found before something graver fired gives that no name until a look has seen it', () => {
  const slow = alert('db', { rule: 'r.slow', summary: 'a command took long', level: 'medium', firedAt: 10 });
  const out = alert('api', { since: 50, firedAt: 50, level: 'critical' });
  const found = { id: 'r.slow', target: 'db', summary: 'it took long', confidence: 0.9 };
  const explained = [{ rule: 'r.slow', target: 'db' }];
  const titled = (seenAt: number) =>
    leading(
      { lead: 'db', title: 'db: a command took long', findings: [{ ...found, explained, seenAt }] },
      [slow, out],
      2,
      { topology, now: 60, recoverForMs: 100 },
    ).title;
  assert.equal(titled(20), 'api: is down (and 1 more)');
  assert.equal(titled(55), 'db: a command took long (and 1 more)');
});

test('the deepest broken dependency leads, however late it was seen and however loud the others are', () => {
  const alerts = [
    alert('web', { level: 'critical', since: 1 }),
    alert('api', { since: 2 }),
    alert('db', { since: 50, level: 'high' }),
  ];
  assert.equal(leadOf(alerts, topology)?.target, 'db');
});

test('a low or medium alert of what is needed names no outage: what is critical leads, and the low one is counted', () => {
  const once = alert('db', { since: 1, level: 'low', rule: 'db.slow-command' });
  const out = alert('api', { since: 50, level: 'critical', rule: 'http.down' });
  assert.equal(leadOf([once, out], topology, 'db')?.target, 'api');
  const incident = { lead: 'db', title: 'db: A command took long', findings: [] };
  const named = leading(incident, [once, out], 2, { topology, now: 60, recoverForMs: 100 });
  assert.deepEqual(named, { lead: 'api', title: 'api: is down (and 1 more)' });
  assert.equal(leadOf([once], topology)?.target, 'db');
  assert.equal(leadOf([{ ...once, level: 'medium' }, out], topology)?.target, 'api');
  assert.equal(leadOf([{ ...once, level: 'high' }, out], topology)?.target, 'db', 'deepest');
  const late = alert('api', { since: 50, level: 'medium' });
  assert.equal(leadOf([once, late], topology)?.target, 'db', 'what is late may be late by it');
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

test('a finding with figures is called by its title, and by its kind where it has none', () => {
  const found = { id: 'redis.mass-expiry', target: 'cache', summary: '3000 of 3000 keys went' };
  const title = 'many keys expired at once';
  assert.equal(titleOf(alert('api'), 1, { ...found, title }), `cache: ${title}`);
  assert.equal(titleOf(alert('api'), 1, found), 'cache: mass expiry');
});

test('the title names the lead and how many more', () => {
  assert.equal(titleOf(alert('db'), 3), 'db: is down (and 2 more)');
  assert.equal(titleOf(alert('db'), 1), 'db: is down');
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

test('an incident that a finding leads is called by what was found, until an alert there names it', () => {
  const web = alert('api');
  const found = { id: 'postgres.connections-exhausted', target: 'db', summary: 'no slot is left' };
  assert.equal(titleOf(web, 2, found), 'db: no slot is left (and 1 more)');
  assert.equal(titleOf(web, 1, { ...found, summary: 'held for 4.2 s' }), 'db: connections exhausted');
  assert.equal(titleOf(web, 1, { ...found, target: 'api' }), titleOf(web, 1));
  assert.equal(titleOf(web, 1, { ...found, summary: 'x'.repeat(300) }).length, 'db: '.length + 100);
});
