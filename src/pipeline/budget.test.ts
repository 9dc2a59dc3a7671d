/** A budget bounds what Upkeep does by itself: once used up a person decides, and nothing that is right is kept from being done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import {
  allowsAll,
  down,
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
import * as actionRows from '../store/actions.ts';

const guard: Policy = { ...allowsAll, budgets: { ...allowsAll.budgets, perIncident: 1 } };

function diagnosis(recommend: readonly string[]): Diagnosis<Toy> {
  return {
    ...{ id: 'toy.ill', summary: 'looks', explains: ['toy.down'], gather: async () => [] },
    conclude: (_, target) => [
      {
        ...{ id: 'toy.ill', target, summary: `${target} is ill`, explanation: '', confidence: 0.9 },
        ...{ evidence: [], unseen: [] },
        recommendations: recommend.map((action) => ({ action, target, input: {}, why: 'it is ill' })),
      },
    ],
  };
}

/** `edge` needs `cache`, and each is ill by itself; what is tried first does not help. */
async function outage(policy: Policy = guard, recommend = ['toy.nudge', 'toy.mend']) {
  const ill = new Set<string>();
  const tried: string[] = [];
  const action = (id: string, helps: boolean) =>
    defineAction<Toy, z.ZodObject>({
      ...{ id, summary: 'tries', risk: 'safe', input: z.object({}), privileges: 'none' },
      plan: async ({ name }) => ({
        ...{ summary: `${id} ${name}`, steps: [`${id} ${name}`], before: {}, expect: 'it is well' },
        ...{ undo: { possible: true, how: 'back' }, verifyWithinMs: secondMs, holdMs: 0 },
      }),
      async apply({ name }) {
        tried.push(`${id} ${name}`);
        if (helps) ill.delete(name);
        return 'tried';
      },
      verify: async () => ({ good: true, detail: 'tried' }),
      undo: async () => 'as before',
    });
  const loop = await startLoop({
    targets: [toyTarget('edge', { dependsOn: ['cache'] }), toyTarget('cache')],
    probe: async (name) => (ill.has(name) ? down : up),
    actions: [action('toy.nudge', false), action('toy.mend', true)],
    diagnoses: [diagnosis(recommend)],
    configuration: { guard: policy },
  });
  await loop.pass(30 * secondMs);
  const all = () => actionRows.list(loop.store.db, { limit: 50 });
  const waiting = async () => (await all()).filter(({ state }) => state === 'awaiting-approval');
  return { loop, ill, tried, all, waiting, actor: loop.pipeline.actor };
}

test('a used-up budget asks, the yes of a person is enough, and another cause has a budget of its own', async () => {
  const { loop, ill, tried, waiting, actor } = await outage();
  ill.add('cache').add('edge');
  await loop.pass(2 * minuteMs);
  assert.deepEqual(tried.toSorted(), ['toy.nudge cache', 'toy.nudge edge'], 'one for each cause');
  const asked = await waiting();
  assert.deepEqual(asked.map(({ plan }) => `${plan.action} ${plan.target}`).sort(), [
    'toy.mend cache',
    'toy.mend edge',
  ]);
  for (const { judgement, plan } of asked)
    assert.equal(
      judgement.reason,
      `budget: 1 of 1 for toy.ill on ${plan.target} in this incident are used: only with your yes`,
    );
  const explained = await actor.explain({ action: 'toy.mend', target: 'cache', input: {}, why: '' });
  const [incident] = await loop.incidents();
  assert.equal(explained.judgement.kind, 'ask', 'the open incident of the target counts');
  assert.equal(explained.incidentId, incident?.id);
  for (const { id, digest } of asked) await actor.approve(id, digest, 'ann');
  await loop.pass(2 * minuteMs);
  assert.deepEqual([...ill], []);
  assert.deepEqual(tried.slice(2).toSorted(), ['toy.mend cache', 'toy.mend edge']);
  await loop.end();
});

test('what a person proposes is in no budget; what a program does asks', async () => {
  const used: Policy = { ...guard, budgets: { ...guard.budgets, perIncident: 0 } };
  const { loop, ill, actor } = await outage(used, []);
  ill.add('cache');
  await loop.pass(minuteMs);
  const [incident] = await loop.incidents();
  for (const [by, state] of [
    ['ann', 'permitted'],
    ['token:ci', 'awaiting-approval'],
  ] as const) {
    const request = { action: 'toy.mend', target: by === 'ann' ? 'cache' : 'edge', input: {}, why: 'ill' };
    const proposed = await actor.propose(request, by, incident?.id ?? null);
    assert.ok('action' in proposed && proposed.action.state === state, JSON.stringify(proposed));
  }
  await loop.end();
});

test('a budget that was told to deny holds Upkeep back, and no person', async () => {
  const hard: Policy = { ...guard, budgets: { ...guard.budgets, perIncident: 0, whenUsedUp: 'deny' } };
  const { loop, ill, tried, all, actor } = await outage(hard, ['toy.mend']);
  ill.add('cache');
  await loop.pass(minuteMs);
  assert.deepEqual(tried, []);
  assert.ok((await all()).every(({ state }) => state === 'refused'));
  const request = { action: 'toy.mend', target: 'cache', input: {}, why: 'ill' };
  const proposed = await actor.propose(request, 'ann', null);
  assert.ok('action' in proposed && proposed.action.state === 'permitted', JSON.stringify(proposed));
  await loop.pass(minuteMs);
  assert.deepEqual(tried, ['toy.mend cache']);
  const undone = await actor.undo(proposed.action.id, 'ann', 'not needed');
  assert.ok('action' in undone && undone.action.state === 'permitted', JSON.stringify(undone));
  await loop.end();
});
