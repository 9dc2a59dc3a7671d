import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import {
  down,
  type Loop,
  minuteMs,
  secondMs,
  startLoop,
  type Toy,
  toyTarget,
  up,
} from '../../test/simulation/loop.ts';
import { type Action, defineAction } from '../core/action.ts';
import type { Policy } from '../core/guard.ts';
import * as actionRows from '../store/actions.ts';
import * as silences from '../store/silences.ts';

const guard: Policy = {
  never: [],
  ask: [{ action: '*', target: '*' }],
  always: [],
  budgets: { perTargetPerHour: 10, perIncident: 10, perDay: 10 },
  approvalTtlMs: 10 * minuteMs,
  fourEyes: false,
};

function lifecycle(running: Set<string>, part: Partial<Pick<Action<Toy>, 'stops' | 'apply'>> = {}) {
  const stop = defineAction<Toy, z.ZodObject>({
    id: 'toy.stop',
    summary: 'ends it',
    risk: 'risky',
    input: z.object({}),
    privileges: 'none',
    stops: 'target',
    plan: async () => ({
      ...{ summary: 'stop it', steps: ['kill it'], before: {}, expect: 'it does not run any more' },
      ...{ undo: { possible: true, how: 'it is started again' }, verifyWithinMs: 25_000, holdMs: 3_000 },
    }),
    apply: async ({ name }) => {
      running.delete(name);
      return 'ended';
    },
    verify: async ({ name }) =>
      running.has(name) ? { good: false, detail: 'it runs' } : { good: true, detail: 'it does not run' },
    undo: async ({ name }) => {
      running.add(name);
      return 'started';
    },
    ...part,
  });
  return stop;
}

/** `web` needs `app`; each is up while what it needs runs. */
async function stack(part: Parameters<typeof lifecycle>[1] = {}) {
  const running = new Set(['app', 'web']);
  const loop = await startLoop({
    targets: [toyTarget('app'), toyTarget('web', { dependsOn: ['app'] })],
    probe: async (name) => (running.has(name) && running.has('app') ? up : down),
    actions: [lifecycle(running, part)],
    configuration: { guard },
  });
  await loop.pass(30 * secondMs);
  return { loop, running };
}

async function stopped(loop: Loop) {
  const request = { action: 'toy.stop', target: 'app', input: {}, why: 'it is moved' };
  const proposed = await loop.pipeline.actor.propose(request, 'ann', null);
  assert.ok('action' in proposed, JSON.stringify(proposed));
  const { id, digest, plan } = proposed.action;
  await loop.pipeline.actor.approve(id, digest, 'bob');
  await loop.pass(2 * minuteMs);
  const action = await actionRows.byId(loop.store.db, id);
  assert.ok(action);
  return { action, plan };
}

test('a stop that somebody asked for is done, and nobody is called for what is down by it', async () => {
  const { loop, running } = await stack();
  const { action, plan } = await stopped(loop);
  assert.equal(action.state, 'done', action.result ?? '');
  assert.match(plan.expect, /does not run any more; web needs app and is down with it/);
  assert.match(
    action.result ?? '',
    /verified: it does not run; down by purpose: app; down with it, as it needs app: web/,
  );
  assert.deepEqual(await loop.incidents(), []);
  assert.deepEqual(
    loop.messages.filter(({ event }) => event.startsWith('incident.')),
    [],
  );
  const held = await loop.journal('alert.held');
  assert.deepEqual(held.map(({ subject }) => subject).toSorted(), ['target:app', 'target:web']);
  for (const { payload } of held)
    assert.match(String(payload.reason), /stopped by an action of ann \(toy\.stop/);

  running.add('app');
  await loop.pass(5 * minuteMs);
  assert.deepEqual(await silences.active(loop.store.db, loop.clock.now()), []);
  running.delete('app');
  await loop.pass(minuteMs);
  assert.deepEqual(
    (await loop.incidents()).map(({ lead }) => lead),
    ['app'],
    'once it ran again, its next end is a fault',
  );
  await loop.end();
});

test('what is stopped on purpose stays so over a restart of Upkeep, and is told after a day', async () => {
  const { loop, running } = await stack();
  const { action } = await stopped(loop);
  const held = await silences.active(loop.store.db, loop.clock.now());
  assert.deepEqual(
    held.map(({ endsAt }) => endsAt - (action.appliedAt ?? 0)),
    [1_440 * minuteMs, 1_440 * minuteMs],
  );
  const left = await loop.kill();
  const next = await startLoop({
    ...left,
    targets: [toyTarget('app'), toyTarget('web', { dependsOn: ['app'] })],
    probe: async (name) => (running.has(name) && running.has('app') ? up : down),
    configuration: { guard },
  });
  await next.pass(10 * minuteMs);
  assert.deepEqual(await next.incidents(), []);
  running.add('app');
  await next.pass(5 * minuteMs);
  assert.deepEqual(await silences.active(next.store.db, next.clock.now()), []);
  await next.end();
});

test('a stop that does not end it is taken back, and nothing stays silenced', async () => {
  const { loop } = await stack({ apply: async () => 'asked' });
  const { action } = await stopped(loop);
  assert.equal(action.state, 'undone');
  await loop.pass(5 * minuteMs);
  assert.deepEqual(await silences.active(loop.store.db, loop.clock.now()), []);
  await loop.end();
});

test('an action that should not stop its target and does is taken back as before', async () => {
  const { loop } = await stack({ stops: undefined });
  const { action } = await stopped(loop);
  assert.equal(action.state, 'undone');
  assert.match(action.result ?? '', /worse than before: app/);
  await loop.end();
});

test('what a promotion fenced is no outage: it is held, and the word names the deed and who approved it', async () => {
  const running = new Set(['db', 'db-replica']);
  const promote = defineAction<Toy, z.ZodObject>({
    ...{ id: 'toy.promote', summary: 'takes over', risk: 'risky', input: z.object({}), privileges: 'none' },
    async plan(_conn, _input, { applied }) {
      const [last] = (await applied?.('toy.promote')) ?? [];
      if (last !== undefined) return { refused: `${last.plan.fences} was fenced before (${last.state})` };
      return {
        ...{ summary: 'promote', steps: ['stop db'], before: {}, expect: 'it is the primary', fences: 'db' },
        ...{ undo: { possible: false, how: 'rewind' }, verifyWithinMs: 25_000, holdMs: 3_000 },
      };
    },
    apply: async () => {
      running.delete('db');
      return 'promoted';
    },
    verify: async () => ({ good: true, detail: 'it is the primary' }),
  });
  const loop = await startLoop({
    // A check of its port and one of its process stand beside it; another port of that machine is another thing.
    targets: ['db', 'db-port', 'db-process', 'db-replica'].map((name) => toyTarget(name)),
    address: (name) =>
      name === 'db-process' ? '/run/db.pid' : name === 'db-replica' ? 'db1:5433' : 'db1:5432',
    listensAt: (name, { port }) => name === 'db-process' && port === 5432,
    probe: async (name) => (running.has(name === 'db-replica' ? name : 'db') ? up : down),
    actions: [promote],
    configuration: { guard },
  });
  await loop.pass(30 * secondMs);
  const request = { action: 'toy.promote', target: 'db-replica', input: {}, why: 'planned' };
  const proposed = await loop.pipeline.actor.propose(request, 'ann', null);
  assert.ok('action' in proposed);
  await loop.pipeline.actor.approve(proposed.action.id, proposed.action.digest, 'bob');
  await loop.pass(3 * minuteMs);
  assert.deepEqual(await loop.incidents(), []);
  const again = await loop.pipeline.actor.explain(request);
  assert.equal(
    'refused' in again ? again.refused : '',
    'db was fenced before (done)',
    'a plan is told of what was applied before it',
  );
  const all = await loop.journal('alert.held');
  assert.deepEqual(all.map(({ subject }) => subject).toSorted(), [
    ...['target:db', 'target:db-port', 'target:db-process'],
  ]);
  const [held] = all;
  assert.match(
    String(held?.payload.reason),
    /db was fenced by toy\.promote of db-replica that bob approved \(.*\); do not start it as it was: db-replica has its place/,
  );
  running.delete('db-replica');
  await loop.pass(minuteMs);
  assert.deepEqual(
    (await loop.incidents()).map(({ lead }) => lead),
    ['db-replica'],
    'the new primary is watched as before',
  );
  running.add('db-replica').add('db');
  await loop.pass(5 * minuteMs);
  assert.deepEqual(await silences.active(loop.store.db, loop.clock.now()), []);
  await loop.end();
});
