import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Loop, minuteMs, secondMs, startLoop, toyTarget, up } from '../../test/simulation/loop.ts';
import type { OwnSigns } from '../core/incident/own-trouble.ts';
import type { Outcome } from '../core/sample.ts';
import * as alertRows from '../store/alerts.ts';
import { holdAtMostMs } from './own-trouble.ts';

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

async function loopOf(given: { signs?: () => OwnSigns; own?: string[] } = {}) {
  const broken = new Map<string, Outcome>();
  const loop = await startLoop({
    targets: names.map((name) => toyTarget(name, { everyMs: 10 * secondMs })),
    probe: async (name) => broken.get(name) ?? up,
    ownSigns: {
      read: async () => given.signs?.() ?? unknownSigns,
      isOwnAddress: (host) => given.own?.includes(host) ?? false,
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
