import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import {
  allowsAll,
  loaded,
  minuteMs,
  secondMs,
  startLoop,
  type Toy,
  threshold,
  toyTarget,
} from '../../test/simulation/loop.ts';
import { type Action, defineAction, type PlanDraft } from '../core/action.ts';
import type { Policy } from '../core/guard.ts';
import type { Diagnosis } from '../core/system.ts';
import * as actionRows from '../store/actions.ts';

const asking: Policy = { ...allowsAll, ask: allowsAll.always, always: [] };

const draft: PlanDraft = {
  ...{ summary: 'nudge it', steps: ['nudge 7'], before: { waiting: 3 }, expect: 'nobody waits' },
  undo: { possible: false, how: 'nudge it back' },
  ...{ verifyWithinMs: 5 * secondMs, holdMs: 2 * secondMs },
};

const nudge = defineAction<Toy, z.ZodObject>({
  ...{ id: 'toy.nudge', summary: 'nudges', risk: 'safe', input: z.object({}), privileges: 'none' },
  plan: async () => draft,
  apply: async () => 'nudged',
  verify: async () => ({ good: true, detail: 'nobody waits', after: { waiting: 0 } }),
});

const full: Diagnosis<Toy> = {
  ...{ id: 'toy.full', summary: 'looks', explains: ['toy.load'], gather: async () => [] },
  conclude: (_, target) => [
    {
      ...{ id: 'toy.full', target, summary: 'full', explanation: '', confidence: 0.9 },
      ...{ evidence: [], unseen: [] },
      recommendations: [{ action: 'toy.nudge', target: 'db', input: {}, why: 'full' }],
    },
  ],
};

test('what helped and was not enough is looked at again, and done again to what can only be done by now', async () => {
  const used: string[][] = [];
  let idle = ['session 1', 'session 2'];
  const ends: Action<Toy> = {
    ...nudge,
    plan: async () =>
      idle.length === 0 ? { refused: 'none has been idle for 10 s' } : { ...draft, subjects: idle },
    apply: async (_, plan) => {
      used.push([...(plan.subjects ?? [])]);
      idle = [];
      return 'ended';
    },
  };
  const loop = await startLoop({
    targets: [toyTarget('db', { rules: [threshold()] })],
    probe: async () => loaded(100),
    actions: [ends],
    diagnoses: [full],
    configuration: { guard: allowsAll },
  });
  await loop.pass(minuteMs);
  assert.deepEqual(used, [['session 1', 'session 2']]);
  idle = ['session 3'];
  await loop.pass(2 * minuteMs);
  assert.deepEqual(used, [['session 1', 'session 2'], ['session 3']]);
  idle = ['session 2'];
  await loop.pass(5 * minuteMs);
  assert.equal(used.length, 2, 'the same thing is not done twice');
  await loop.end();
});

test('what the system does not allow is told with the rights, once for an incident, and known to the policy', async () => {
  let tries = 0;
  const denied: Action<Toy> = {
    ...nudge,
    privileges: 'ACL SETUSER upkeep +client|id',
    plan: async () => {
      tries++;
      throw new Error("NOPERM this user has no permissions to run the 'client|id' command");
    },
  };
  const loop = await startLoop({
    targets: [toyTarget('db', { rules: [threshold()] })],
    probe: async () => loaded(100),
    actions: [denied],
    diagnoses: [full],
    configuration: { guard: allowsAll },
  });
  await loop.pass(10 * minuteMs);
  assert.ok(tries > 1, 'it is tried again');
  const why = `Upkeep's login on db may not (NOPERM this user has no permissions to run the 'client|id' command). It needs: ACL SETUSER upkeep +client|id`;
  const told = async () => (await loop.journal()).filter(({ kind }) => kind === 'action.not-planned');
  assert.deepEqual(
    (await told()).map(({ payload }) => payload.reason),
    [why],
  );
  const request = { action: 'toy.nudge', target: 'db', input: {}, why: 'full' };
  assert.deepEqual(await loop.pipeline.actor.propose(request, 'ann', null), { refused: why });
  const explained = await loop.pipeline.actor.explain(request);
  assert.deepEqual(['refused' in explained && explained.refused, explained.judgement.kind], [why, 'allow']);
  const [prospect] = await loop.pipeline.actor.prospects('db');
  assert.ok(prospect?.judgement.reason.endsWith(`; but it could not at its last try: ${why}`));
  await loop.end();
});

test('what was no longer as planned when somebody said yes is planned anew', async () => {
  let steps = ['nudge 7'];
  let applied = 0;
  const changing: Action<Toy> = {
    ...nudge,
    plan: async () => ({ ...draft, steps }),
    apply: async () => {
      applied++;
      return 'nudged';
    },
  };
  const loop = await startLoop({
    targets: [toyTarget('db', { rules: [threshold()] })],
    probe: async () => loaded(100),
    actions: [changing],
    diagnoses: [full],
    configuration: { guard: asking },
  });
  await loop.pass(minuteMs);
  const waiting = () => actionRows.list(loop.store.db, { states: ['awaiting-approval'], limit: 10 });
  const [first] = await waiting();
  assert.ok(first);
  steps = ['nudge 7', 'nudge 8'];
  await loop.pipeline.actor.approve(first.id, first.digest, 'ann');
  await loop.pass(minuteMs);
  assert.match(
    (await actionRows.byId(loop.store.db, first.id))?.result ?? '',
    /^not begun: it would run .*read and approve that: upkeep action list --state waiting$/,
  );
  const [second] = await waiting();
  assert.deepEqual(second?.plan.steps, steps);
  assert.equal(applied, 0);
  await loop.end();
});

test('what nobody answered is asked again while its trouble lasts, and not without end', async () => {
  const loop = await startLoop({
    targets: [toyTarget('db', { rules: [threshold()] })],
    probe: async () => loaded(100),
    actions: [nudge],
    diagnoses: [full],
    configuration: { guard: asking },
  });
  const states = async () =>
    (await actionRows.list(loop.store.db, { limit: 20 })).map(({ state }) => state).sort();
  await loop.pass(minuteMs);
  assert.deepEqual(await states(), ['awaiting-approval']);
  await loop.pass(10 * minuteMs);
  assert.deepEqual(await states(), ['awaiting-approval', 'expired']);
  await loop.pass(60 * minuteMs);
  assert.deepEqual(await states(), ['expired', 'expired', 'expired']);
  const results = (await actionRows.list(loop.store.db, { limit: 20 })).map(({ result }) => result);
  assert.equal(results.filter((result) => /asked 3 times/.test(result ?? '')).length, 1);
  await loop.end();
});
