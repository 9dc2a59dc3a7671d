/** What Upkeep asked leave for is withdrawn when its trouble is over, and asked anew when it comes back. */
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
import { defineAction } from '../core/action.ts';
import type { Policy } from '../core/guard.ts';
import type { Diagnosis } from '../core/system.ts';
import { UpkeepError } from '../core/verb.ts';
import * as actionRows from '../store/actions.ts';
import * as jobs from '../store/jobs.ts';

const asking: Policy = {
  ...{ never: [], ask: [{ action: '*', target: '*' }], always: [], fourEyes: false },
  ...{ approvalTtlMs: 60 * minuteMs, budgets: { perTargetPerHour: 10, perIncident: 10, perDay: 10 } },
};

/** `api` needs `redis` and `db`; whatever is in `ill` is down, and the cure of `redis` is recommended while it is. */
async function started(policy: Partial<Policy> = {}) {
  const ill = new Set<string>();
  const applied: string[] = [];
  let doneBy: string | null = null;
  let hasEnded = false;
  const cure = defineAction<Toy, z.ZodObject>({
    ...{ id: 'toy.cure', summary: 'cures', risk: 'risky', privileges: 'none', input: z.object({}) },
    plan: async ({ name }) =>
      hasEnded
        ? { refused: 'pid 7 is not there any more', isGone: true }
        : doneBy
          ? { refused: 'it was replaced' }
          : {
              ...{ summary: `cure ${name}`, steps: [`cure ${name}`], before: {}, expect: 'well again' },
              ...{
                undo: { possible: false, how: 'nothing to take back' },
                verifyWithinMs: secondMs,
                holdMs: 0,
              },
            },
    apply: async ({ name }) => `cured ${applied.push(name) && name}`,
    verify: async () => ({ good: true, detail: 'well again' }),
  });
  const replace = defineAction<Toy, z.ZodObject>({
    ...{ id: 'toy.replace', summary: 'replaces', risk: 'risky', privileges: 'none', input: z.object({}) },
    plan: async ({ name }) => ({
      ...{ summary: `replace ${name}`, steps: [`replace ${name}`], before: {}, expect: 'well again' },
      ...{ undo: { possible: false, how: 'nothing to take back' }, verifyWithinMs: secondMs, holdMs: 0 },
    }),
    apply: async ({ name }) => {
      doneBy = 'replace';
      ill.delete(name);
      ill.delete('api');
      return 'replaced';
    },
    verify: async () => ({ good: true, detail: 'well again' }),
  });
  const diagnosis: Diagnosis<Toy> = {
    ...{ id: 'toy.ill', summary: 'is ill', explains: ['toy.down'] },
    gather: async (_, name, ctx) => [
      {
        id: 'state',
        target: name,
        title: 'state',
        at: ctx.clock.now(),
        how: 'look',
        facts: { ill: ill.has(name) },
      },
    ],
    conclude: (evidence, name) =>
      name === 'redis' && evidence.some(({ facts }) => facts?.ill)
        ? [
            {
              ...{
                id: 'toy.ill',
                target: name,
                summary: 'redis is ill',
                explanation: 'seen',
                confidence: 0.9,
              },
              ...{ evidence: evidence.map(({ id }) => id), unseen: [] },
              recommendations: [{ action: 'toy.cure', target: name, input: {}, why: 'redis is ill' }],
            },
          ]
        : [],
  };
  const loop = await startLoop({
    targets: [toyTarget('api', { dependsOn: ['redis', 'db'] }), toyTarget('redis'), toyTarget('db')],
    probe: async (name) => (ill.has(name) ? down : up),
    diagnoses: [diagnosis],
    actions: [cure, replace],
    configuration: { guard: { ...asking, ...policy } },
  });
  await loop.pass(20 * secondMs);
  return { loop, ill, applied, doneBy: () => doneBy, end: () => (hasEnded = true) };
}

test('a request whose ground another action took away is withdrawn at once, with what was done and why', async () => {
  const { loop, ill, applied, doneBy } = await started();
  ill.add('redis').add('api');
  await loop.pass(30 * secondMs);
  const asked = await onlyWaiting(loop);
  const request = { action: 'toy.replace', target: 'redis', input: {}, why: 'a spare is at hand' };
  const proposed = await loop.pipeline.actor.propose(request, 'ann', asked.incidentId);
  assert.ok('action' in proposed);
  await loop.pipeline.actor.approve(proposed.action.id, proposed.action.digest, 'ann');
  await loop.pass(25 * secondMs);
  assert.deepEqual([applied, doneBy()], [[], 'replace']);
  const withdrawn = (await actionsOf(loop)).find(({ id }) => id === asked.id);
  assert.deepEqual(
    [withdrawn?.state, withdrawn?.result],
    ['withdrawn', 'toy.replace of redis was done meanwhile: it was replaced'],
  );
  await loop.end();
});

test('a request for what has ended by itself is withdrawn at the next look, though the trouble goes on', async () => {
  const { loop, ill, end } = await started();
  ill.add('redis').add('api');
  await loop.pass(30 * secondMs);
  const asked = await onlyWaiting(loop);
  end();
  await loop.pass(25 * secondMs);
  const withdrawn = (await actionsOf(loop)).find(({ id }) => id === asked.id);
  assert.deepEqual(
    [withdrawn?.state, withdrawn?.result],
    ['withdrawn', 'what it was for is gone: pid 7 is not there any more'],
  );
  await loop.end();
});

async function actionsOf(loop: Loop) {
  return (await actionRows.list(loop.store.db, { limit: 10 })).toReversed();
}

async function onlyWaiting(loop: Loop) {
  const waiting = (await actionsOf(loop)).filter(({ state }) => state === 'awaiting-approval');
  assert.equal(waiting.length, 1, JSON.stringify(await actionsOf(loop)));
  assert.ok(waiting[0]);
  return waiting[0];
}

test('a request is withdrawn when its trouble is over and that held, with the reason, and asked anew when it is back', async () => {
  const { loop, ill, applied } = await started();
  ill.add('redis').add('api').add('db');
  await loop.pass(30 * secondMs);
  const asked = await onlyWaiting(loop);
  ill.delete('redis');
  ill.delete('api');
  await loop.pass(30 * secondMs);
  assert.equal((await onlyWaiting(loop)).id, asked.id, 'it may come back');
  await loop.pass(minuteMs);
  const [incident] = await loop.incidents();
  assert.equal(incident?.status, 'open', 'db is ill');
  const [withdrawn] = await actionsOf(loop);
  assert.equal(withdrawn?.state, 'withdrawn');
  assert.equal(
    withdrawn?.result,
    'the trouble it was for is over: every alert of redis and of what needs it has cleared',
  );
  await assert.rejects(
    loop.pipeline.actor.approve(asked.id, asked.digest, 'ann'),
    (error) => error instanceof UpkeepError && error.code === 'conflict' && /withdrawn/.test(error.message),
  );
  assert.equal((await loop.journal('action.withdrawn'))[0]?.actor, 'upkeep');
  ill.add('redis').add('api');
  await loop.pass(30 * secondMs);
  const again = await onlyWaiting(loop);
  assert.notEqual(again.id, asked.id);
  assert.deepEqual(applied, []);
  await loop.end();
});

test('it stands while what needs its target is still ill', async () => {
  const { loop, ill, applied } = await started();
  ill.add('redis').add('api');
  await loop.pass(30 * secondMs);
  const { id, digest } = await onlyWaiting(loop);
  ill.delete('redis');
  await loop.pass(20 * secondMs);
  assert.equal((await onlyWaiting(loop)).id, id);
  await loop.pipeline.actor.approve(id, digest, 'ann');
  await loop.pass(10 * secondMs);
  assert.deepEqual(applied, ['redis']);
  await loop.end();
});

test('what a person proposed stays theirs to decide until the incident is over', async () => {
  const { loop, ill } = await started();
  ill.add('redis');
  await loop.pass(30 * secondMs);
  const own = await onlyWaiting(loop);
  await loop.pipeline.actor.deny(own.id, 'ann', 'I do it by hand');
  const request = { action: 'toy.cure', target: 'redis', input: {}, why: 'to be sure' };
  await loop.pipeline.actor.propose(request, 'ann', own.incidentId);
  ill.clear();
  await loop.pass(20 * secondMs);
  assert.equal((await onlyWaiting(loop)).proposedBy, 'ann');
  await loop.pass(3 * minuteMs);
  assert.equal((await loop.incidents())[0]?.status, 'resolved');
  const last = (await actionsOf(loop)).at(-1);
  assert.deepEqual([last?.state, last?.result], ['withdrawn', 'the incident that it was for is over']);
  await loop.end();
});

test('an incident that is resolved by hand takes its requests along', async () => {
  const { loop, ill } = await started();
  ill.add('redis');
  await loop.pass(30 * secondMs);
  const { incidentId } = await onlyWaiting(loop);
  await loop.pipeline.assessor.resolve(incidentId ?? '', 'ann', 'done elsewhere');
  await loop.pass(5 * secondMs);
  assert.equal((await actionsOf(loop))[0]?.state, 'withdrawn');
  await loop.end();
});

test('a yes in the moment before it is withdrawn begins nothing', async () => {
  const { loop, ill, applied } = await started();
  ill.add('redis').add('db').add('api');
  await loop.pass(30 * secondMs);
  const { id, digest, incidentId } = await onlyWaiting(loop);
  // The withdrawal is not carried out: as where Upkeep is killed right before it.
  await loop.store.transaction(async (tx) => {
    const runAt = loop.clock.now() + 10 * minuteMs;
    await jobs.enqueue(tx, {
      kind: 'reconsider',
      key: `reconsider:${incidentId}`,
      payload: { incidentId },
      runAt,
    });
  });
  ill.delete('redis');
  ill.delete('api');
  await loop.pass(90 * secondMs);
  await assert.rejects(
    loop.pipeline.actor.approve(id, digest, 'ann'),
    (error) => error instanceof UpkeepError && /trouble it was for is over/.test(error.message),
  );
  await loop.pass(5 * secondMs);
  assert.deepEqual(applied, []);
  await loop.end();
});
