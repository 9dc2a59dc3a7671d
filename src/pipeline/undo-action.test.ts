/** Taking back, harm, and people who act at the same time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import {
  down,
  type Loop,
  type LoopOptions,
  minuteMs,
  secondMs,
  startLoop,
  type Toy,
  toyTarget,
  up,
} from '../../test/simulation/loop.ts';
import { defineAction } from '../core/action.ts';
import type { Policy } from '../core/guard.ts';
import { UpkeepError } from '../core/verb.ts';
import * as actionRows from '../store/actions.ts';

const all = [{ action: '*', target: '*' }];
const allowing: Policy = {
  ...{ never: [], ask: [], always: all, fourEyes: false, approvalTtlMs: 30 * minuteMs },
  budgets: { perTargetPerHour: 10, perIncident: 10, perDay: 10 },
};
const asking: Policy = { ...allowing, ask: all, always: [] };

/** What the toy system holds; people may change it too. */
function world(canUndo = true) {
  const held = { size: 1, isGood: true };
  const action = defineAction<Toy, z.ZodObject>({
    ...{ id: 'toy.resize', summary: 'resizes', risk: 'risky', privileges: 'none' },
    input: z.object({ to: z.number().default(2) }),
    plan: async (_, { to }) =>
      held.size === to
        ? { refused: `its size is ${to} already` }
        : {
            ...{ summary: `resize to ${to}`, steps: [`set size ${held.size} -> ${to}`] },
            ...{ before: { size: held.size }, expect: `size ${to}`, verifyWithinMs: 5 * secondMs, holdMs: 0 },
            undo: { possible: canUndo, how: canUndo ? `set size ${held.size}` : 'what was there is gone' },
          },
    async apply(_, plan) {
      if (held.size !== plan.before.size) throw new Error(`the size is ${held.size} by now`);
      held.size = Number(plan.input.to);
      return 'resized';
    },
    verify: async () => ({ good: held.isGood, detail: held.isGood ? 'it fits' : 'it does not fit' }),
    async undo(_, plan) {
      if (held.size !== plan.input.to) throw new Error(`somebody made it ${held.size} since`);
      held.size = Number(plan.before.size);
      return `size ${held.size} again`;
    },
  });
  return { held, action };
}

async function started(guard: Policy, canUndo = true, more: Partial<LoopOptions> = {}) {
  const { held, action } = world(canUndo);
  const loop = await startLoop({
    targets: [toyTarget('web')],
    actions: [action],
    ...more,
    configuration: { guard, ...more.configuration },
  });
  await loop.pass(10 * secondMs);
  return { loop, held, actor: loop.pipeline.actor };
}

async function propose(loop: Loop, incidentId: string | null = null) {
  const request = { action: 'toy.resize', target: 'web', input: {}, why: 'too small' };
  const proposed = await loop.pipeline.actor.propose(request, 'upkeep', incidentId);
  assert.ok('action' in proposed, JSON.stringify(proposed));
  return proposed.action;
}

async function stored(loop: Loop, id: string) {
  return (await actionRows.byId(loop.store.db, id)) ?? assert.fail('gone');
}

test('a change is taken back by an action of its own, once, and the report of the first says so', async () => {
  const { loop, held, actor } = await started(allowing);
  const { id } = await propose(loop);
  await loop.pass(minuteMs);
  assert.equal(held.size, 2);
  const undo = await actor.undo(id, 'ann', 'the import needs it');
  assert.ok('action' in undo);
  assert.equal(undo.action.plan.undoes, id);
  assert.deepEqual(undo.action.plan.steps, ['set size 1']);
  const again = await actor.undo(id, 'bob', 'too');
  assert.ok('refused' in again && /being taken back already/.test(again.refused));
  await loop.pass(minuteMs);
  assert.equal(held.size, 1);
  assert.equal((await stored(loop, undo.action.id)).state, 'done');
  const original = await stored(loop, id);
  assert.equal(original.state, 'undone');
  assert.match(original.result ?? '', /taken back by ann: the import needs it/);
  assert.match(original.report ?? '', /taken back by ann/);
  for (const [one, words] of [
    [id, /taken back already/],
    [undo.action.id, /took a change back itself.*propose toy\.resize web/],
  ] as const) {
    const refused = await actor.undo(one, 'ann', '');
    assert.ok('refused' in refused && words.test(refused.refused), JSON.stringify(refused));
  }
  await loop.end();
});

test('taking back asks where the action asks, and says why it cannot be', async () => {
  const { loop, held, actor } = await started(asking);
  const { id, digest } = await propose(loop);
  const early = await actor.undo(id, 'ann', '');
  assert.ok('refused' in early && /waits for approval and has changed nothing/.test(early.refused));
  await actor.approve(id, digest, 'ann');
  await loop.pass(minuteMs);
  const undo = await actor.undo(id, 'ann', 'too large');
  assert.ok('action' in undo && undo.action.state === 'awaiting-approval');
  held.size = 7;
  await actor.approve(undo.action.id, undo.action.digest, 'bob');
  await loop.pass(minuteMs);
  const ended = await stored(loop, undo.action.id);
  assert.equal(ended.state, 'failed');
  assert.match(ended.result ?? '', /somebody made it 7 since/);
  assert.equal((await stored(loop, id)).state, 'done');
  const denied = await propose(loop);
  await actor.deny(denied.id, 'ann', 'no');
  const nothing = await actor.undo(denied.id, 'ann', '');
  assert.ok('refused' in nothing && /nothing was changed/.test(nothing.refused));
  await loop.end();

  const other = await started(allowing, false);
  const done = await propose(other.loop);
  await other.loop.pass(minuteMs);
  const refused = await other.actor.undo(done.id, 'ann', '');
  assert.ok('refused' in refused && /cannot be taken back: what was there is gone/.test(refused.refused));
  await other.loop.end();
});

for (const [name, size, words] of [
  ['did the same', 2, /not begun: .*its size is 2 already/],
  [
    'did something else',
    5,
    /^not begun: it would run set size 5 -> 2 instead of set size 1 -> 2 by now\. Propose it anew: upkeep action propose toy\.resize web$/,
  ],
] as const) {
  test(`a person who ${name} while it waited stops it, with the reason`, async () => {
    const { loop, held, actor } = await started(asking);
    const { id, digest } = await propose(loop);
    held.size = size;
    await actor.approve(id, digest, 'ann');
    await loop.pass(minuteMs);
    const ended = await stored(loop, id);
    assert.equal(ended.state, 'refused');
    assert.match(ended.result ?? '', words);
    assert.equal(ended.appliedAt, null);
    assert.equal(held.size, size);
    await loop.end();
  });
}

test('of an incident that is over nothing is approved, and what was approved before is not begun', async () => {
  let isDown = true;
  const { loop, held, actor } = await started(asking, true, { probe: async () => (isDown ? down : up) });
  await loop.pass(minuteMs);
  const [incident] = await loop.incidents();
  assert.ok(incident);
  const { id, digest } = await propose(loop, incident.id);
  isDown = false;
  await loop.pass(5 * minuteMs);
  await assert.rejects(
    actor.approve(id, digest, 'ann'),
    (error: unknown) => error instanceof UpkeepError && /is over/.test(error.message),
  );
  assert.equal(held.size, 1);
  await loop.end();
});

test('what did harm is undone, people are told in words and called at once, and it is not tried again', async () => {
  let isHarmed = false;
  const steps = [
    { notify: 'post', afterMs: 0 },
    { notify: 'second', afterMs: 60 * minuteMs },
  ];
  const called: string[] = [];
  const { loop, held } = await started(allowing, true, {
    targets: [toyTarget('web'), toyTarget('shop', { dependsOn: ['web'] })],
    probe: async (name) => (name === 'web' ? down : isHarmed ? down : up),
    channels: {
      second: async ({ event }) => {
        called.push(event);
        return { kind: 'delivered' };
      },
    },
    configuration: {
      notifiers: ['post', 'second'].map((name) => ({ name, kind: 'test', settings: {} })),
      escalation: { critical: steps, high: steps, medium: steps, low: steps },
    },
  });
  await loop.pass(minuteMs);
  const [incident] = await loop.incidents();
  assert.ok(incident);
  held.isGood = false;
  const { id } = await propose(loop, incident.id);
  isHarmed = true;
  await loop.pass(2 * minuteMs);
  const ended = await stored(loop, id);
  assert.equal(ended.state, 'undone');
  assert.match(ended.result ?? '', /worse than before: shop was up/);
  assert.equal(held.size, 1);
  const notice = loop.messages.find((message) => message.notice)?.notice;
  assert.match(notice?.title ?? '', /resize to 2 did not help and was undone: a person is needed/);
  assert.match(notice?.markdown ?? '', /not tried again/);
  assert.ok(called.length > 0, 'the next step does not wait for its hour');
  const findings = [
    {
      ...{ id: 'toy.small', target: 'web', summary: 'too small', explanation: '', confidence: 1 },
      ...{ evidence: [], unseen: [] },
      recommendations: [{ action: 'toy.resize', target: 'web', input: {}, why: 'too small' }],
    },
  ];
  await loop.pipeline.actor.follow(incident.id, findings);
  await loop.pass(minuteMs);
  assert.equal((await actionRows.list(loop.store.db, { limit: 10 })).length, 1);
  await loop.end();
});
