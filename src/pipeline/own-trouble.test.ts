import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  downRule,
  type Loop,
  type LoopOptions,
  minuteMs,
  secondMs,
  startLoop,
  toyTarget,
  up,
} from '../../test/simulation/loop.ts';
import type { TargetSettings } from '../core/configuration.ts';
import type { OwnSigns } from '../core/incident/own-trouble.ts';
import type { Message } from '../core/message.ts';
import type { Outcome } from '../core/sample.ts';
import * as alertRows from '../store/alerts.ts';
import { holdAtMostMs, type Peer, type Witness } from './own-trouble.ts';

const late: Outcome = { ok: false, why: 'timeout', detail: 'no answer within 2 s' };
const refused: Outcome = { ok: false, why: 'refused', detail: 'ECONNREFUSED' };
const quiet = { state: 'unknown', detail: '' } as const;
const unknownSigns: OwnSigns = {
  route: quiet,
  gateway: quiet,
  resolver: quiet,
  canaries: quiet,
  load: quiet,
};
const names = ['a', 'b', 'c', 'd', 'e'];

interface Given {
  readonly signs?: () => OwnSigns;
  readonly own?: string[];
  /** Addresses with a port, so that targets can be asked by a plain connection. */
  readonly ports?: boolean;
  readonly near?: string[];
  readonly ask?: (peers: readonly Peer[], timeoutMs: number) => Promise<readonly Witness[]>;
  readonly target?: (name: string) => Partial<TargetSettings>;
  readonly more?: Partial<LoopOptions>;
}

async function loopOf(given: Given = {}) {
  const broken = new Map<string, Outcome>();
  const met = new Set<string>();
  const loop = await startLoop({
    ...(given.ports ? { address: (name: string) => `tcp://${name}:80` } : {}),
    ...given.more,
    targets: names.map((name) => toyTarget(name, { everyMs: 10 * secondMs, ...given.target?.(name) })),
    probe: async (name) => broken.get(name) ?? up,
    ownSigns: {
      read: async () => given.signs?.() ?? unknownSigns,
      isOwnAddress: (host) => given.own?.includes(host) ?? false,
      isNear: (host) => given.near?.includes(host) ?? false,
      isKnown: ({ name }) => met.has(name),
      async meet(peers) {
        for (const { name } of peers) met.add(name);
      },
      ask: (peers, timeoutMs) => given.ask?.(peers, timeoutMs) ?? Promise.resolve([]),
      stop() {},
    },
  });
  await loop.pass(10 * secondMs);
  return { loop, broken };
}

const leads = async (loop: Loop) => (await loop.incidents()).map(({ lead }) => lead).sort();
const opened = (loop: Loop) => loop.messages.filter(({ event }) => event === 'incident.opened');

test('the way out is gone: said once, under our own name, and nobody is paged for what lies behind it', async () => {
  let isOut = false;
  const { loop, broken } = await loopOf({
    signs: () => ({ ...unknownSigns, route: isOut ? { state: 'bad', detail: 'no default route' } : quiet }),
  });
  isOut = true;
  for (const name of names) broken.set(name, late);
  await loop.pass(minuteMs);
  assert.deepEqual(await leads(loop), ['upkeep']);
  assert.equal(loop.messages.length, 1);
  assert.match(loop.messages[0]?.incident?.title ?? '', /^upkeep: cannot see out: no default route/);
  assert.equal(loop.messages[0]?.incident?.level, 'critical', 'as grave as what is held');
  const held = await alertRows.held(loop.store.db);
  assert.deepEqual(
    held.map(({ target, heldBy }) => [target, heldBy]).sort(),
    names.map((name) => [name, 'upkeep:own-trouble']),
  );
  const reasons = (await loop.journal('alert.held')).map(({ payload }) => payload.reason);
  assert.deepEqual([...new Set(reasons)], ['upkeep own-trouble: no default route']);
  isOut = false;
  broken.clear();
  await loop.pass(5 * minuteMs);
  assert.deepEqual(
    loop.messages.map(({ event }) => event),
    ['incident.opened', 'incident.resolved'],
  );
  assert.deepEqual(await leads(loop), ['upkeep']);
  await loop.end();
});

const asHigh = { ...downRule, levels: { warning: 'medium', critical: 'high' } } as const;
const noName = { ok: false, why: 'unreachable', detail: 'getaddrinfo EAI_AGAIN' } as const;
const deadResolver: OwnSigns = { ...unknownSigns, resolver: { state: 'bad', detail: 'no resolver answers' } };
test('what is held is confirmed one after another: our own trouble opens as grave as the gravest of it, and says so once', async () => {
  let isDead = false;
  const { loop, broken } = await loopOf({
    ports: true,
    signs: () => (isDead ? deadResolver : unknownSigns),
    ask: async (peers) =>
      peers.map(({ name }) => witness(name, !isDead, isDead ? { detail: noName.detail } : {})),
    // `b` needs `a`, so it is no witness of the way.
    target: (name) => ({ rules: [name === 'b' ? downRule : asHigh], dependsOn: name === 'b' ? ['a'] : [] }),
  });
  await loop.pass(20 * secondMs);
  isDead = true;
  broken.set('a', noName);
  await loop.pass(3 * secondMs);
  for (const name of names) broken.set(name, noName);
  await loop.pass(minuteMs);
  assert.deepEqual(
    loop.messages.map(({ event, incident }) => [event, incident?.level]),
    [['incident.opened', 'critical']],
  );
  assert.deepEqual(await leads(loop), ['upkeep']);
  await loop.end();
});

test('what is held later and is graver changes the message that is there, and calls who was not', async () => {
  const sent: Message[] = [];
  const { loop, broken } = await loopOf({
    signs: () => deadResolver,
    target: (name) => ({ rules: [name === 'a' ? asHigh : downRule] }),
    more: {
      channels: {
        async phone(message) {
          sent.push(message);
          return { kind: 'delivered' };
        },
      },
      configuration: {
        notifiers: [
          { name: 'post', kind: 'test', settings: {}, takesCause: 'in-place' },
          { name: 'phone', kind: 'test', settings: {} },
        ],
        escalation: {
          critical: [
            { notify: 'post', afterMs: 0 },
            { notify: 'phone', afterMs: 0 },
          ],
          high: [{ notify: 'post', afterMs: 0 }],
          medium: [],
          low: [],
        },
      },
    },
  });
  broken.set('a', noName);
  await loop.pass(20 * secondMs);
  broken.set('b', noName);
  await loop.pass(minuteMs);
  assert.deepEqual(
    loop.messages
      .filter(({ inPlaceOnly }) => !inPlaceOnly)
      .map(({ event, incident }) => [event, incident?.level]),
    [
      ['incident.opened', 'high'],
      ['incident.updated', 'critical'],
    ],
  );
  assert.deepEqual(
    sent.map(({ event }) => event),
    ['incident.escalated'],
  );
  await loop.end();
});

test('the resolver is dead while a canary answers by its address: one message, which ends when it answers again', async () => {
  let isDead = false;
  const canaries = { state: 'good', detail: 'canary 10.99.9.3:8080 answers' } as const;
  const { loop, broken } = await loopOf({
    ports: true,
    signs: () => ({ ...(isDead ? deadResolver : unknownSigns), canaries }),
    ask: async (peers) => peers.map(({ name }) => witness(name, !isDead || name === 'e', {})),
  });
  const inVain = (name: string): Outcome => ({
    ...{ ok: false, why: 'timeout', detail: `timeout after 2 s: the resolver gave no answer for ${name}` },
  });
  isDead = true;
  for (const name of ['a', 'b', 'c', 'd']) {
    broken.set(name, inVain(name));
    await loop.pass(secondMs);
  }
  await loop.pass(4 * minuteMs);
  assert.deepEqual(await leads(loop), ['upkeep']);
  assert.deepEqual(
    loop.messages.map(({ event, incident }) => [event, incident?.title]),
    [['incident.opened', 'upkeep: cannot see out: no resolver answers']],
  );
  isDead = false;
  broken.clear();
  await loop.pass(5 * minuteMs);
  assert.deepEqual(
    loop.messages.map(({ event }) => event),
    ['incident.opened', 'incident.resolved'],
  );
  await loop.end();
});

test('a clock that is set back holds nothing for longer', async () => {
  const { loop, broken } = await loopOf({ signs: () => deadResolver });
  for (const name of names) broken.set(name, noName);
  await loop.pass(minuteMs);
  loop.clock.setWall(loop.clock.now() - 60 * minuteMs);
  await loop.pass(holdAtMostMs);
  assert.equal((await alertRows.held(loop.store.db)).length, 0);
  await loop.end();
});

test('what still fails when the way is clear is judged then', async () => {
  let isOut = true;
  const { loop, broken } = await loopOf({
    signs: () => ({ ...unknownSigns, canaries: { state: isOut ? 'bad' : 'good', detail: 'canaries' } }),
  });
  for (const name of names) broken.set(name, late);
  await loop.pass(minuteMs);
  isOut = false;
  for (const name of names.slice(1)) broken.delete(name);
  await loop.pass(2 * minuteMs);
  assert.deepEqual(await leads(loop), ['a', 'upkeep']);
  assert.equal((await loop.journal('alert.released')).length, 1);
  await loop.end();
});

test('without a sign from the machine, many unrelated at once are enough, and few are not', async () => {
  const { loop, broken } = await loopOf();
  for (const name of names) broken.set(name, late);
  await loop.pass(minuteMs);
  assert.ok((await leads(loop)).includes('upkeep'));
  // Those that were confirmed before there were many were paged at once.
  assert.ok(opened(loop).length <= 3, `${opened(loop).length} pages`);
  await loop.end();
  const few = await loopOf();
  for (const name of names.slice(0, 2)) few.broken.set(name, late);
  await few.loop.pass(minuteMs);
  assert.deepEqual(await leads(few.loop), ['a', 'b']);
  await few.loop.end();
});

const witness = (name: string, answers: boolean, changes: Partial<Witness> = {}): Witness => ({
  ...{ name, answers, isNear: false, detail: answers ? 'takes connections' : 'no answer' },
  ...changes,
});

test('upstream is gone and no canary is configured: the first failure asks the others, and nobody is paged for it', async () => {
  let isOut = false;
  let askedFirst: string[] = [];
  const { loop, broken } = await loopOf({
    ports: true,
    async ask(peers, timeoutMs) {
      if (askedFirst.length === 0) askedFirst = peers.map(({ name }) => name);
      if (isOut) await loop.clock.sleep(timeoutMs);
      return peers.map(({ name }) => witness(name, !isOut));
    },
  });
  await loop.pass(20 * secondMs);
  isOut = true;
  broken.set('a', late);
  await loop.pass(3 * secondMs);
  for (const name of names) broken.set(name, late);
  await loop.pass(minuteMs);
  assert.deepEqual(askedFirst, ['b', 'c', 'd', 'e']);
  assert.deepEqual(await leads(loop), ['upkeep']);
  assert.equal(loop.messages.length, 1, 'one message, and none for a target');
  assert.match(loop.messages[0]?.incident?.title ?? '', /5 of 5 targets elsewhere stopped answering/);
  await loop.end();
});

test('one target fails and the others answer when asked: it is paged at once', async () => {
  const { loop, broken } = await loopOf({
    ports: true,
    ask: async (peers) => peers.map(({ name }) => witness(name, true)),
  });
  await loop.pass(20 * secondMs);
  broken.set('a', late);
  await loop.pass(minuteMs);
  assert.deepEqual(await leads(loop), ['a']);
  await loop.end();
});

test('others on the own network say nothing of the way beyond it', async () => {
  let isOut = false;
  const { loop, broken } = await loopOf({
    ports: true,
    near: ['d', 'e'],
    ask: async (peers) =>
      peers.map(({ name }) => {
        const isNear = name === 'd' || name === 'e';
        return witness(name, isNear || !isOut, { isNear });
      }),
  });
  await loop.pass(20 * secondMs);
  isOut = true;
  for (const name of ['a', 'b', 'c']) broken.set(name, late);
  await loop.pass(minuteMs);
  assert.deepEqual(await leads(loop), ['upkeep']);
  await loop.end();
});

test('what is not in question is paged at once, while the look for the rest takes its time', async () => {
  const { loop, broken } = await loopOf({
    ports: true,
    own: ['e'],
    async ask(peers, timeoutMs) {
      await loop.clock.sleep(timeoutMs);
      return peers.map(({ name }) => witness(name, false));
    },
  });
  await loop.pass(20 * secondMs);
  for (const name of names) broken.set(name, name === 'e' ? refused : late);
  await loop.pass(minuteMs);
  const [here] = (await loop.incidents()).filter(({ lead }) => lead === 'e');
  const [ours] = (await loop.incidents()).filter(({ lead }) => lead === 'upkeep');
  const fired = (await loop.journal('alert.fired')).find(({ subject }) => subject === 'target:e');
  assert.ok(here && ours && fired);
  assert.ok(here.openedAt - fired.at <= 200, `${here.openedAt - fired.at} ms`);
  assert.deepEqual(await leads(loop), ['e', 'upkeep']);
  await loop.end();
});

test('a real outage is never hidden: what refuses, what runs here, and all while a canary answers', async () => {
  const bad = { state: 'bad', detail: 'no default route' } as const;
  const refusing = await loopOf({ signs: () => ({ ...unknownSigns, route: bad }) });
  refusing.broken.set('a', refused);
  await refusing.loop.pass(minuteMs);
  assert.deepEqual(await leads(refusing.loop), ['a']);
  await refusing.loop.end();

  const here = await loopOf({
    signs: () => ({ ...unknownSigns, route: bad }),
    own: ['a', 'b', 'c', 'd', 'e'],
  });
  for (const name of names) here.broken.set(name, late);
  await here.loop.pass(minuteMs);
  assert.deepEqual(await leads(here.loop), names);
  await here.loop.end();

  const canary = await loopOf({
    signs: () => ({ ...unknownSigns, canaries: { state: 'good', detail: 'answers' } }),
  });
  for (const name of names) canary.broken.set(name, late);
  await canary.loop.pass(minuteMs);
  assert.deepEqual(await leads(canary.loop), names);
  await canary.loop.end();
});

test('nothing is held for longer than its bound, and then everybody hears', async () => {
  const { loop, broken } = await loopOf({
    signs: () => ({ ...unknownSigns, route: { state: 'bad', detail: 'no default route' } }),
  });
  for (const name of names) broken.set(name, late);
  await loop.pass(holdAtMostMs - 10 * secondMs);
  assert.deepEqual(await leads(loop), ['upkeep']);
  await loop.pass(minuteMs);
  assert.deepEqual(
    (await leads(loop)).filter((lead) => lead !== 'upkeep'),
    names,
  );
  await loop.pass(10 * minuteMs);
  assert.equal((await loop.incidents()).length, names.length + 1, 'and not held anew while it lasts');
  await loop.end();
});
