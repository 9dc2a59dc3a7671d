/** An incident with two causes: mending one of them does not end it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import {
  allowsAll,
  down,
  downRule,
  minuteMs,
  secondMs,
  startLoop,
  type Toy,
  toyTarget,
  up,
} from '../../test/simulation/loop.ts';
import { defineAction } from '../core/action.ts';
import { partlyRestored } from '../core/incident/standing.ts';
import type { Diagnosis } from '../core/system.ts';
import * as actionRows from '../store/actions.ts';

/** `edge` needs `cache`, and each is ill by itself. Alerts clear after a minute. */
async function stack() {
  const ill = new Set<string>();
  const rules = [{ ...downRule, clearForMs: minuteMs }];
  const mend = defineAction<Toy, z.ZodObject>({
    ...{ id: 'toy.mend', summary: 'mends it', risk: 'safe', input: z.object({}), privileges: 'none' },
    plan: async ({ name }) => ({
      ...{ summary: `mend ${name}`, steps: ['mend'], before: {}, expect: 'it is well' },
      ...{ undo: { possible: false, how: 'nothing' }, verifyWithinMs: 25_000, holdMs: 3_000 },
    }),
    apply: async ({ name }) => {
      ill.delete(name);
      return 'mended';
    },
    verify: async () => ({ good: true, detail: 'it is well' }),
  });
  const loop = await startLoop({
    targets: [toyTarget('edge', { rules, dependsOn: ['cache'] }), toyTarget('cache', { rules })],
    probe: async (name) => (ill.has(name) ? down : up),
    actions: [mend],
    configuration: { guard: allowsAll },
  });
  await loop.pass(30 * secondMs);
  ill.add('edge').add('cache');
  await loop.pass(30 * secondMs);
  const [incident] = await loop.incidents();
  assert.ok(incident);
  const mended = async (target: string) => {
    const request = { action: 'toy.mend', target, input: {}, why: 'it is ill' };
    const proposed = await loop.pipeline.actor.propose(request, 'ann', incident.id);
    assert.ok('action' in proposed, JSON.stringify(proposed));
    await loop.pass(20 * secondMs);
  };
  const now = async () => (await loop.incidents()).find(({ id }) => id === incident.id);
  return { loop, mended, now };
}

test('an incident is mitigated only when its other cause is mended too', async () => {
  const { loop, mended, now } = await stack();
  assert.deepEqual((await now())?.targets.toSorted(), ['cache', 'edge']);
  await mended('edge');
  assert.equal((await now())?.status, 'open');
  assert.deepEqual(await loop.journal('incident.mitigated'), []);
  const [partly] = await loop.journal('incident.partly-restored');
  assert.deepEqual(partly?.payload.failing, ['cache']);
  assert.ok(
    loop.messages.some(({ notice }) => notice?.title === 'Restored: edge; still failing: cache'),
    JSON.stringify(loop.messages.map(({ event, notice }) => [event, notice?.title])),
  );
  for (const [failing, words] of [
    [['cache'], 'toy.mend on cache did its part, and cache is not well yet'],
    [['cache', 'db'], 'toy.mend on cache did its part, and cache is not well yet; still failing too: db'],
  ] as const)
    assert.equal(partlyRestored({ by: 'toy.mend', restored: 'cache', failing }), words);
  await mended('cache');
  // Both alerts are still clearing.
  assert.equal((await now())?.status, 'mitigated');
  await loop.end();
});

for (const [name, mends, isBackendIll, state] of [
  ['did its own good while another cause stands', false, true, 'done'],
  ['mended what was broken, though nobody knows what else is wrong', true, false, 'done'],
  ['changed something, and the trouble goes on for no other cause', false, false, 'undone'],
] as const) {
  test(`an action that ${name}: ${state}`, async () => {
    const ill = new Set<string>();
    let undone = 0;
    const repair = defineAction<Toy, z.ZodObject>({
      ...{ id: 'toy.repair', summary: 'repairs', risk: 'safe', input: z.object({}), privileges: 'none' },
      ...(mends ? { mends } : {}),
      plan: async ({ name }) => ({
        ...{ summary: `repair ${name}`, steps: ['repair'], before: {}, expect: 'it is well' },
        ...{ undo: { possible: true, how: 'break it again' }, verifyWithinMs: 5_000, holdMs: 2_000 },
      }),
      apply: async ({ name }) => {
        ill.delete(name);
        return 'repaired';
      },
      verify: async () => ({ good: true, detail: 'the file passes' }),
      undo: async () => {
        undone++;
        return 'broken again';
      },
    });
    const loop = await startLoop({
      targets: [
        toyTarget('site', { dependsOn: ['web'] }),
        toyTarget('web', { dependsOn: ['api'] }),
        toyTarget('api'),
      ],
      probe: async (name) => (ill.has(name) ? down : up),
      actions: [repair],
      configuration: { guard: allowsAll },
    });
    await loop.pass(30 * secondMs);
    ill.add('site').add('web');
    if (isBackendIll) ill.add('api');
    await loop.pass(minuteMs);
    const [incident] = await loop.incidents();
    const request = { action: 'toy.repair', target: 'web', input: {}, why: 'it is broken' };
    const proposed = await loop.pipeline.actor.propose(request, 'ann', incident?.id ?? null);
    assert.ok('action' in proposed);
    await loop.pass(2 * minuteMs);
    const ended = await actionRows.byId(loop.store.db, proposed.action.id);
    assert.equal(ended?.state, state, ended?.result ?? '');
    assert.equal(undone, state === 'undone' ? 1 : 0);
    if (state === 'done') {
      assert.match(
        ended?.result ?? '',
        /verified: the file passes; site is still down: another cause stands/,
      );
      if (isBackendIll) assert.match(ended?.result ?? '', /\(api: /);
      const after = (await loop.incidents()).find(({ id }) => id === incident?.id);
      assert.equal(after?.status, 'open', 'it is not mitigated while the site is down');
      const [partly] = await loop.journal('incident.partly-restored');
      assert.match(JSON.stringify(partly?.payload.failing), /"site"/);
    }
    await loop.end();
  });
}

test('two faults of one target: what mended one is kept and its cause is over, and the other is treated next', async () => {
  const faults = new Set<string>();
  const remedy = (id: string, fault: string) =>
    defineAction<Toy, z.ZodObject>({
      ...{ id, summary: id, risk: 'safe', input: z.object({}), privileges: 'none' },
      plan: async ({ name }) => ({
        ...{ summary: `${id} ${name}`, steps: [id], before: {}, expect: 'it is well' },
        ...{ undo: { possible: true, how: 'back' }, verifyWithinMs: 5_000, holdMs: 2_000 },
      }),
      apply: async () => {
        faults.delete(fault);
        return 'done';
      },
      verify: async () => ({ good: !faults.has(fault), detail: `no ${fault}` }),
      undo: async () => {
        faults.add(fault);
        return 'back as it was';
      },
    });
  const finds = (fault: string, action: string): Diagnosis<Toy> => ({
    ...{ id: `toy.${fault}`, summary: fault, explains: ['toy.down'] },
    gather: async (_, target, { clock }) =>
      target === 'db' && faults.has(fault)
        ? [{ id: fault, target, title: fault, at: clock.now(), how: 'look', facts: {} }]
        : [],
    conclude: ([seen], target) =>
      seen === undefined
        ? []
        : [
            {
              ...{ id: `toy.${fault}`, target, summary: `there is a ${fault}`, past: `there was a ${fault}` },
              ...{ explanation: '', confidence: 0.9, evidence: [fault], unseen: [] },
              recommendations: [{ action, target, input: {}, why: fault }],
            },
          ],
  });
  const loop = await startLoop({
    targets: [toyTarget('site', { dependsOn: ['db'] }), toyTarget('db')],
    probe: async () => (faults.size > 0 ? down : up),
    actions: [remedy('toy.unlock', 'lock'), remedy('toy.reset', 'setting')],
    diagnoses: [finds('lock', 'toy.unlock'), finds('setting', 'toy.reset')],
    configuration: {
      guard: {
        ...allowsAll,
        always: [{ action: 'toy.unlock', target: '*' }],
        ask: [{ action: 'toy.reset', target: '*' }],
      },
    },
  });
  await loop.pass(30 * secondMs);
  faults.add('lock').add('setting');
  await loop.pass(2 * minuteMs);
  const actions = async () => await actionRows.list(loop.store.db, { limit: 10 });
  const of = async (id: string) => (await actions()).find(({ plan }) => plan.action === id);
  const unlock = await of('toy.unlock');
  assert.equal(unlock?.state, 'done', unlock?.result ?? '');
  assert.match(
    unlock?.result ?? '',
    /verified: no lock; .*what it was for is over, and another cause stands/,
  );
  const reset = await of('toy.reset');
  assert.equal(reset?.state, 'awaiting-approval');
  const [open] = await loop.incidents();
  assert.equal(open?.status, 'open', 'it is not mitigated while the other goes on');
  assert.equal(open?.findings[0]?.summary, 'there is a setting');
  const [cause] = open?.conduct?.causes ?? [];
  assert.deepEqual([cause?.finding.id, cause?.mendedBy], ['toy.lock', 'toy.unlock']);
  await loop.pipeline.actor.approve(reset?.id ?? '', reset?.digest ?? '', 'ann');
  await loop.pass(2 * minuteMs);
  assert.equal((await of('toy.reset'))?.state, 'done');
  const [ended] = await loop.incidents();
  assert.equal(ended?.status, 'resolved');
  const told = ended?.findings.map(({ summary, over }) => [summary, over?.was !== undefined]);
  assert.deepEqual(told, [
    ['there was a lock; now no lock', true],
    ['there was a setting; now no setting', true],
  ]);
  await loop.end();
});
