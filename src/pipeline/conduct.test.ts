import assert from 'node:assert/strict';
import { test } from 'node:test';
import { down, type Loop, minuteMs, secondMs, startLoop, toyTarget, up } from '../../test/simulation/loop.ts';
import { eventSentence } from '../core/journal-words.ts';
import type { MessageEvent } from '../core/message.ts';
import * as alertRows from '../store/alerts.ts';
import * as updates from '../store/updates.ts';

const events = ({ messages }: Loop) => messages.map((message) => message.event);
const quick = (name: string, dependsOn: string[] = []) =>
  toyTarget(name, { everyMs: 10 * secondMs, dependsOn });

/** A loop whose targets are down while they stand in the set. */
async function loopOf(targets: ReturnType<typeof toyTarget>[], changes = {}) {
  const broken = new Set<string>();
  const loop = await startLoop({
    targets,
    probe: async (name) => (broken.has(name) ? down : up),
    configuration: changes,
  });
  await loop.pass(10 * secondMs);
  return { loop, broken };
}

const byHand = {
  title: 'The shop is slow',
  level: 'high',
  services: [],
  targets: ['web'],
  note: '',
} as const;

test('an incident declared by hand calls as any other, takes in what fires there, and ends by hand alone', async () => {
  const { loop, broken } = await loopOf([quick('web')]);
  const declared = await loop.pipeline.assessor.declare(byHand, 'anna');
  await loop.pass(secondMs);
  assert.deepEqual(events(loop), ['incident.opened']);
  assert.equal(loop.messages[0]?.incident?.title, 'The shop is slow');
  broken.add('web');
  await loop.pass(30 * secondMs);
  broken.clear();
  await loop.pass(30 * minuteMs);
  const [incident, ...others] = await loop.incidents();
  assert.deepEqual([others.length, incident?.status, incident?.title], [0, 'open', 'The shop is slow']);
  assert.equal(incident?.level, 'critical', 'a graver alert raises it');
  await loop.pipeline.assessor.resolve(declared.id, 'anna', 'all is well');
  await loop.pass(secondMs);
  assert.equal(events(loop).at(-1), 'incident.resolved');
  await loop.end();
});

test('a cascade that reaches what was declared is that incident, whichever of it fails first', async () => {
  const many = Array.from({ length: 6 }, (_, i) => quick(`app${i}`, ['db']));
  const services = [{ name: 'shop', targets: ['web'], dependsOn: ['db'] }];
  const { loop, broken } = await loopOf([quick('web', ['db']), quick('db'), ...many], { services });
  const declared = await loop.pipeline.assessor.declare(
    { ...byHand, level: 'critical', services: ['shop'] },
    'anna',
  );
  await loop.pass(5 * minuteMs);
  for (const { name } of many) {
    broken.add(name);
    await loop.pass(10 * secondMs);
  }
  broken.add('db').add('web');
  await loop.pass(minuteMs);
  const open = await loop.incidents();
  assert.deepEqual(
    open.map(({ id }) => id),
    [declared.id],
  );
  assert.deepEqual(
    events(loop).filter((event) => event === 'incident.opened'),
    ['incident.opened'],
  );
  await loop.end();
});

test('what was declared about nothing in particular, and what opens beside it, are proposed as one on both', async () => {
  const { loop, broken } = await loopOf([quick('web'), quick('mail')]);
  const { assessor } = loop.pipeline;
  const declared = await assessor.declare({ ...byHand, targets: [] }, 'anna');
  assert.deepEqual(declared.alike, []);
  broken.add('web');
  await loop.pass(minuteMs);
  const related = await loop.journal('incident.related');
  const other = (await loop.incidents()).find(({ id }) => id !== declared.id);
  assert.ok(other);
  assert.deepEqual(
    related.map(({ subject }) => subject).sort(),
    [`incident:${declared.id}`, `incident:${other.id}`].sort(),
  );
  for (const entry of related) {
    const words = eventSentence(entry) ?? '';
    assert.match(words, /names no service or target.* apart/);
    assert.ok(
      words.endsWith(`upkeep incident merge ${other.id.slice(0, 13)} ${declared.id.slice(0, 13)}`),
      words,
    );
  }
  const second = await assessor.declare({ ...byHand, title: 'No page loads' }, 'ben');
  assert.deepEqual(
    second.alike.filter(({ id }) => id === other.id),
    [{ id: other.id, reason: 'both are about web' }],
  );
  await loop.end();
});

test('a level set by hand holds until something graver fires than did then, and the reason stands in the journal', async () => {
  const { loop, broken } = await loopOf([quick('web')]);
  broken.add('web');
  await loop.pass(20 * secondMs);
  const [incident] = await loop.incidents();
  assert.ok(incident);
  await loop.pipeline.assessor.setLevel(incident.id, 'low', 'nobody uses it at night', 'anna');
  broken.clear();
  await loop.pass(20 * secondMs);
  broken.add('web');
  await loop.pass(20 * secondMs);
  assert.equal((await loop.incidents())[0]?.level, 'low');
  const [entry] = await loop.journal('incident.level-set');
  assert.deepEqual(entry?.payload, { from: 'critical', to: 'low', reason: 'nobody uses it at night' });
  assert.equal(entry?.actor, 'anna');
  await loop.end();
});

test('assignment, roles, notes and users affected are kept and in the timeline under the name of who did it', async () => {
  const { loop } = await loopOf([quick('web')]);
  const { assessor } = loop.pipeline;
  const { id } = await assessor.declare(byHand, 'anna');
  await assessor.assign(id, 'ben', 'anna');
  await assessor.giveRole(id, 'commander', 'anna', 'anna');
  await assessor.giveRole(id, 'scribe', 'ben', 'anna');
  await assessor.giveRole(id, 'scribe', null, 'ben');
  await assessor.note(id, 'rolled back', 'ben');
  const saved = await assessor.enterUsers(id, { count: 40, share: 0.1, note: 'from the till' }, 'ben');
  assert.equal(saved.conduct?.assignee, 'ben');
  assert.deepEqual(saved.conduct?.roles, { commander: 'anna' });
  assert.equal(saved.conduct?.users?.count, 40);
  const kinds = ['incident.assigned', 'incident.role', 'incident.role', 'incident.role', 'incident.note'];
  const done = (await loop.timeline(id)).filter((kind) => kind !== 'message.first');
  assert.deepEqual(done.slice(1), [...kinds, 'incident.impact']);
  await loop.end();
});

test('an update reaches the notifiers named, as a notice without inner names, and is kept for the status page', async () => {
  const { loop } = await loopOf([quick('web')]);
  const { assessor } = loop.pipeline;
  const { id } = await assessor.declare({ ...byHand, services: ['shop'] }, 'anna');
  await assessor.sendUpdate(
    id,
    { status: 'identified', text: 'We know it', isPublic: true },
    ['post'],
    'anna',
  );
  await assessor.sendUpdate(id, { status: 'monitoring', text: 'Inner', isPublic: false }, [], 'anna');
  await loop.pass(secondMs);
  const notices = loop.messages.filter((message) => message.notice);
  assert.deepEqual(
    notices.map(({ notice, incident }) => [notice?.title, notice?.markdown, incident]),
    [['shop: identified', 'We know it', undefined]],
  );
  assert.equal((await updates.ofIncident(loop.store.db, id)).length, 2);
  assert.deepEqual(
    (await updates.publicSince(loop.store.db, 0)).map(({ text }) => text),
    ['We know it'],
  );
  await loop.end();
});

test('of two that are merged one goes on with all alerts and whoever is on it; the other says where and ends', async () => {
  const { loop, broken } = await loopOf([quick('web'), quick('mail')]);
  broken.add('web');
  await loop.pass(20 * secondMs);
  broken.add('mail');
  await loop.pass(20 * secondMs);
  const [mail, web] = await loop.incidents();
  assert.ok(mail && web);
  const { assessor } = loop.pipeline;
  await assessor.acknowledge(mail.id, 'anna');
  const stays = await assessor.merge(mail.id, web.id, 'anna', 'one switch');
  await loop.pass(secondMs);
  assert.deepEqual([...stays.targets].sort(), ['mail', 'web']);
  assert.equal(stays.acknowledgedBy, 'anna');
  assert.equal((await alertRows.ofIncident(loop.store.db, web.id)).length, 2);
  const ended = (await loop.incidents()).find(({ id }) => id === mail.id);
  assert.deepEqual([ended?.status, ended?.conduct?.mergedInto], ['resolved', web.id]);
  assert.deepEqual(
    loop.messages.filter(({ incident }) => incident?.id === mail.id).at(-1)?.event,
    'incident.resolved',
  );
  const last = loop.messages.filter(({ incident }) => incident?.id === mail.id).at(-1);
  assert.equal(last?.incident?.title, 'mail: is down (merged into web: is down)');
  await assert.rejects(assessor.merge(mail.id, web.id, 'anna', ''), {
    code: 'conflict',
    message: /merged into/,
  });
  broken.clear();
  await loop.pass(2 * minuteMs);
  broken.add('mail');
  await loop.pass(20 * secondMs);
  const again = (await loop.incidents()).filter(({ status }) => status !== 'resolved');
  assert.equal(again.length, 1);
  assert.notEqual(again[0]?.id, mail.id, 'what was merged away is not what comes back');
  await loop.end();
});

test('alerts that are another trouble get an incident of their own, and later ones of that target go there', async () => {
  const { loop, broken } = await loopOf([quick('web', ['db']), quick('db')]);
  broken.add('web').add('db');
  await loop.pass(20 * secondMs);
  const [whole] = await loop.incidents();
  assert.ok(whole);
  const alerts = await alertRows.ofIncident(loop.store.db, whole.id);
  assert.equal(alerts.length, 2);
  const leaving = alerts.filter(({ target }) => target === 'web').map(({ id }) => id);
  const { assessor } = loop.pipeline;
  await assert.rejects(
    assessor.split(whole.id, { alerts: alerts.map(({ id }) => id), targets: [] }, 'anna', ''),
    { code: 'bad-input' },
  );
  await assert.rejects(assessor.split(whole.id, { alerts: ['none'], targets: [] }, 'anna', ''), {
    code: 'bad-input',
  });
  const part = await assessor.split(whole.id, { alerts: leaving, targets: [] }, 'anna', 'a bad release');
  await loop.pass(secondMs);
  assert.deepEqual([part.lead, part.conduct?.splitFrom], ['web', whole.id]);
  const begun = (await loop.journal('incident.opened')).find(
    ({ subject }) => subject === `incident:${part.id}`,
  );
  assert.equal(begun?.told.text, `Split from incident ${whole.id.slice(0, 13)}: ${part.title}`);
  assert.deepEqual((await loop.incidents()).find(({ id }) => id === whole.id)?.targets, ['db']);
  assert.deepEqual(events(loop).filter((event) => event === 'incident.opened').length, 2);
  broken.delete('web');
  await loop.pass(20 * secondMs);
  broken.add('web');
  await loop.pass(20 * secondMs);
  assert.equal((await loop.incidents()).length, 2);
  assert.equal((await alertRows.ofIncident(loop.store.db, part.id)).length, 2);
  await loop.end();
});

test('the same trouble back within the window opens its incident again: one message, nobody is on it any more', async () => {
  const { loop, broken } = await loopOf([quick('web')]);
  broken.add('web');
  await loop.pass(20 * secondMs);
  await loop.pipeline.assessor.acknowledge((await loop.incidents())[0]?.id ?? '', 'anna');
  broken.clear();
  await loop.pass(5 * minuteMs);
  broken.add('web');
  await loop.pass(20 * secondMs);
  const [incident, ...others] = await loop.incidents();
  assert.equal(others.length, 0);
  assert.deepEqual(
    [incident?.status, incident?.acknowledgedBy, incident?.conduct?.reopened],
    ['open', null, 1],
  );
  const seen: MessageEvent[] = [
    'incident.opened',
    'incident.acknowledged',
    'incident.resolved',
    'incident.opened',
  ];
  assert.deepEqual(events(loop), seen);
  assert.equal(new Set(loop.messages.map(({ key }) => key)).size, seen.length);
  broken.clear();
  await loop.pass(10 * minuteMs);
  await loop.pass(16 * minuteMs);
  broken.add('web');
  await loop.pass(20 * secondMs);
  assert.equal((await loop.incidents()).length, 2, 'after the window it is a new one');
  await loop.end();
});

for (const recoverForMs of [0, 15 * secondMs, minuteMs]) {
  test(`ten checks that flap for two minutes are one incident and at most four messages, recovering in ${recoverForMs} ms`, async () => {
    let n = 0;
    const loop = await startLoop({
      targets: [toyTarget('web', { everyMs: 12 * secondMs })],
      probe: async () => (n++ < 10 && n % 2 === 1 ? down : up),
      configuration: { incidents: { recoverForMs, reopenWithinMs: 15 * minuteMs } },
    });
    await loop.pass(2 * minuteMs);
    await loop.pass(40 * minuteMs);
    const told = events(loop);
    assert.equal((await loop.incidents()).length, 1);
    assert.ok(told.length <= 4, told.join());
    assert.equal(told.at(-1), 'incident.resolved');
    await loop.end();
  });
}

test('what flaps for hours stays a handful of messages and one open incident', async () => {
  let n = 0;
  const loop = await startLoop({
    targets: [toyTarget('web', { everyMs: 30 * secondMs })],
    // Down for a minute, up for four.
    probe: async () => (n++ % 10 < 2 ? down : up),
  });
  await loop.pass(4 * 60 * minuteMs);
  assert.equal((await loop.incidents()).length, 1);
  assert.ok(loop.messages.length <= 8, `${loop.messages.length} messages`);
  assert.equal((await loop.incidents())[0]?.status, 'open');
  await loop.end();
});

test('a hundred targets behind one database: one incident that names it, one call, the rest in its place', async () => {
  const names = Array.from({ length: 100 }, (_, i) => `shop-${i}`);
  const { loop, broken } = await loopOf([...names.map((name) => quick(name, ['db'])), quick('db')]);
  for (const name of [...names, 'db']) broken.add(name);
  await loop.pass(minuteMs);
  const [incident, ...others] = await loop.incidents();
  assert.equal(others.length, 0);
  assert.equal(incident?.lead, 'db');
  assert.match(incident?.title ?? '', /^db: .* \(and 100 more\)$/);
  const told = events(loop);
  assert.equal(told.filter((event) => event === 'incident.opened').length, 1);
  assert.ok(told.length <= 2, told.join());
  assert.match(loop.messages.at(-1)?.incident?.title ?? '', /^db: /);
  await loop.end();
});

test('what joins after the level was lowered by hand raises it again and calls, though somebody is on it', async () => {
  const { loop, broken } = await loopOf([quick('web', ['db']), quick('db')]);
  broken.add('db');
  await loop.pass(20 * secondMs);
  const [incident] = await loop.incidents();
  assert.ok(incident);
  await loop.pipeline.assessor.setLevel(incident.id, 'low', 'the old database', 'anna');
  await loop.pipeline.assessor.acknowledge(incident.id, 'anna');
  const before = loop.messages.length;
  broken.add('web');
  await loop.pass(30 * secondMs);
  const [now] = await loop.incidents();
  assert.equal(now?.level, 'critical');
  assert.ok(
    loop.messages.slice(before).some(({ event }) => event === 'incident.escalated'),
    events(loop).join(', '),
  );
  await loop.end();
});

test('what was told to stakeholders of a merged incident goes on under the one that stays', async () => {
  const { loop } = await loopOf([quick('web')]);
  const first = await loop.pipeline.assessor.declare(byHand, 'anna');
  const second = await loop.pipeline.assessor.declare({ ...byHand, title: 'The disk is full' }, 'anna');
  await loop.store.transaction((tx) =>
    updates.insert(tx, {
      ...{ id: 'u1', incidentId: first.id, at: loop.clock.now(), by: 'anna' },
      ...{ status: 'identified', text: 'A full disk.', isPublic: true },
    }),
  );
  await loop.pipeline.assessor.merge(first.id, second.id, 'anna', 'one trouble');
  const told = await updates.ofIncident(loop.store.db, second.id);
  assert.deepEqual(
    told.map(({ text }) => text),
    ['A full disk.'],
  );
  await loop.end();
});
