import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { z } from 'zod';
import {
  allowsAll,
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
import { type Action, defineAction, type PlanDraft } from '../core/action.ts';
import type { Policy } from '../core/guard.ts';
import { eventSentence } from '../core/journal-words.ts';
import { UpkeepError } from '../core/verb.ts';
import * as actionRows from '../store/actions.ts';
import * as jobs from '../store/jobs.ts';

const asking: Policy = { ...allowsAll, ask: allowsAll.always, always: [] };

type Part = Partial<Pick<Action<Toy>, 'apply' | 'verify' | 'undo'>> & { readonly plan?: Partial<PlanDraft> };

/** An action that works, but for the parts that a test replaces. */
function nudge({ plan, ...parts }: Part = {}) {
  const counts = { applied: 0, undone: 0 };
  const action = defineAction<Toy, z.ZodObject>({
    id: 'toy.nudge',
    summary: 'nudges',
    risk: 'safe',
    input: z.object({ pid: z.number().default(7) }),
    privileges: 'none',
    plan: async () => ({
      summary: 'nudge it',
      steps: ['nudge 7'],
      before: { waiting: 3 },
      expect: 'nobody waits',
      undo: { possible: parts.undo !== undefined, how: 'nudge it back' },
      verifyWithinMs: 5 * secondMs,
      holdMs: 2 * secondMs,
      ...plan,
    }),
    verify: async () => ({ good: true, detail: 'nobody waits', after: { waiting: 0 } }),
    ...parts,
    async apply(...args) {
      counts.applied++;
      return parts.apply ? parts.apply(...args) : 'nudged';
    },
    ...(parts.undo
      ? {
          async undo(...args: Parameters<NonNullable<Action<Toy>['undo']>>) {
            counts.undone++;
            return parts.undo?.(...args) ?? '';
          },
        }
      : {}),
  });
  return { action, counts };
}

async function acting(part: Part = {}, guard: Policy = allowsAll, more: Partial<LoopOptions> = {}) {
  const { action, counts } = nudge(part);
  const loop = await startLoop({
    targets: [toyTarget('web')],
    actions: [action],
    ...more,
    configuration: { guard, ...more.configuration },
  });
  await loop.pass(10 * secondMs);
  return { loop, counts };
}

const request = { action: 'toy.nudge', target: 'web', input: {}, why: 'it waits' };

async function propose(loop: Loop, by = 'ann') {
  const proposed = await loop.pipeline.actor.propose(request, by, null);
  assert.ok('action' in proposed, JSON.stringify(proposed));
  return proposed.action;
}

async function outcome(loop: Loop, id: string) {
  const action = await actionRows.byId(loop.store.db, id);
  assert.ok(action);
  return action;
}

const kindsOf = async (loop: Loop) =>
  (await loop.journal()).map((entry) => entry.kind).filter((kind) => kind.startsWith('action.'));

const code = (expected: string) => (error: unknown) =>
  error instanceof UpkeepError && error.code === expected;

for (const [name, guard, state] of [
  ['always', allowsAll, 'done'],
  ['ask', asking, 'awaiting-approval'],
  ['never', { ...allowsAll, never: allowsAll.always }, 'refused'],
  ['missing', { ...allowsAll, always: [] }, 'refused'],
  [
    'used up for the day',
    { ...allowsAll, budgets: { ...allowsAll.budgets, perDay: 0 } },
    'awaiting-approval',
  ],
] as const) {
  test(`policy ${name}: ${state}`, async () => {
    const { loop, counts } = await acting({}, guard);
    const { id } = await propose(loop, 'upkeep');
    await loop.pass(minuteMs);
    assert.equal((await outcome(loop, id)).state, state);
    assert.equal(counts.applied, state === 'done' ? 1 : 0);
    await loop.end();
  });
}

test('a target that is looked at once a minute is looked at as soon as there is something to verify', async () => {
  const { loop } = await acting({}, allowsAll, { targets: [toyTarget('web', { everyMs: minuteMs })] });
  await loop.pass(minuteMs);
  const { id } = await propose(loop, 'upkeep');
  await loop.pass(10 * secondMs);
  const { state, result } = await outcome(loop, id);
  assert.equal(state, 'done', result ?? '');
  await loop.end();
});

test('the journal has every step with the plan, its digest, and what was before and after; so has the report', async () => {
  const { loop } = await acting({}, asking);
  const { id, digest } = await propose(loop);
  await loop.pipeline.actor.approve(id, digest, 'bob');
  await loop.pass(minuteMs);
  const entries = (await loop.journal()).filter(({ kind }) => kind.startsWith('action.'));
  assert.deepEqual(
    entries.map(({ kind, actor }) => [kind, actor]),
    [
      ['action.awaiting-approval', 'ann'],
      ['action.asked', 'upkeep'],
      ['action.approved', 'bob'],
      ['action.applying', 'bob'],
      ['action.applied', 'bob'],
      ['action.done', 'upkeep'],
    ],
  );
  assert.ok(entries.every(({ payload }) => payload.digest === digest));
  assert.deepEqual(entries[0]?.payload.steps, ['nudge 7']);
  assert.deepEqual(entries[3]?.payload.steps, ['nudge 7']);
  const { report } = await outcome(loop, id);
  assert.match(report ?? '', /\| waiting \| 3 \| 0 \| -100 % \|/);
  assert.match(report ?? '', /approved by bob/);
  await loop.end();
});

test('an approval of another digest, of one that proposed, too late, or a second one is turned away', async () => {
  const { loop, counts } = await acting({}, { ...asking, fourEyes: true });
  const { actor } = loop.pipeline;
  const { id, digest } = await propose(loop);
  await assert.rejects(actor.approve(id, `${digest}0`, 'bob'), code('conflict'));
  await assert.rejects(actor.approve(id, digest, 'ann'), code('not-allowed'));
  const both = await Promise.allSettled([actor.approve(id, digest, 'bob'), actor.approve(id, digest, 'cat')]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  await loop.pass(minuteMs);
  assert.equal(counts.applied, 1);
  const late = await propose(loop);
  loop.clock.suspend(10 * minuteMs);
  await assert.rejects(actor.approve(late.id, late.digest, 'bob'), code('expired'));
  await loop.pass(minuteMs);
  assert.equal((await outcome(loop, late.id)).state, 'expired');
  assert.equal(counts.applied, 1);
  await loop.end();
});

test('an approval is asked for, by a message with what would be done', async () => {
  const { loop } = await acting({}, asking);
  const { id } = await propose(loop);
  await loop.pass(secondMs);
  const message = loop.messages.find((one) => one.event === 'approval.requested');
  assert.equal(message?.approval?.actionId, id);
  assert.equal(message?.approval?.summary, 'nudge it');
  await loop.end();
});

test('the same action is not begun beside itself', async () => {
  const { loop, counts } = await acting({}, asking);
  const first = await propose(loop);
  const second = await loop.pipeline.actor.propose(request, 'bob', null);
  assert.ok('refused' in second && second.refused.includes(first.id));
  assert.match(second.refused, /^the same action is awaiting approval already \(/);
  assert.equal(second.already?.digest, first.digest, 'with what approves the one that waits');
  await loop.pipeline.actor.deny(first.id, 'bob', 'no');
  await propose(loop);
  assert.equal(counts.applied, 0);
  await loop.end();
});

test('two changes of one thing are never under way together; of two things they are', async () => {
  const part = {
    plan: { subjects: ['table public.orders'] },
    verify: async () => ({ good: false, detail: 'waits' }),
  };
  const other = { ...request, input: { pid: 8 } };
  const { loop, counts } = await acting(part);
  const first = await propose(loop);
  await loop.pass(secondMs);
  assert.equal((await outcome(loop, first.id)).state, 'verifying');
  const second = await loop.pipeline.actor.propose(other, 'bob', null);
  assert.ok('refused' in second);
  assert.match(second.refused, /works on table public\.orders of web now .*one change of a thing at a time/);
  await loop.pass(minuteMs);
  const third = await loop.pipeline.actor.propose(other, 'bob', null);
  assert.ok('action' in third);
  assert.equal(counts.applied, 1);
  await loop.end();
  const apart = await acting({ ...part, plan: {} });
  await propose(apart.loop);
  await apart.loop.pass(secondMs);
  assert.ok('action' in (await apart.loop.pipeline.actor.propose(other, 'bob', null)));
  await apart.loop.end();
});

test('of two approved changes of one thing the second is turned away where the first is still under way', async () => {
  const part = {
    plan: { subjects: ['table public.orders'] },
    verify: async () => ({ good: false, detail: 'waits' }),
  };
  const { loop, counts } = await acting(part, asking);
  const first = await propose(loop);
  const second = await loop.pipeline.actor.propose({ ...request, input: { pid: 8 } }, 'ann', null);
  assert.ok('action' in second);
  for (const { id, digest } of [first, second.action]) {
    await loop.pipeline.actor.approve(id, digest, 'bob');
    await loop.pass(secondMs);
  }
  assert.equal(counts.applied, 1);
  const turned = await outcome(loop, second.action.id);
  assert.equal(turned.state, 'refused');
  assert.match(turned.result ?? '', /one change of a thing at a time/);
  await loop.end();
});

test('a job that runs twice applies once', async () => {
  const { loop, counts } = await acting({
    apply: () => new Promise((resolve) => setImmediate(resolve, 'slowly')),
  });
  const { id } = await propose(loop);
  for (let i = 0; i < 3; i++) {
    const [{ id: job } = { id: '' }] = await loop.store.db
      .selectFrom('jobs')
      .select('id')
      .where('kind', '=', 'apply')
      .execute();
    await jobs.enqueue(loop.store.db, {
      kind: 'apply',
      key: `again${i}${job}`,
      payload: { actionId: id },
      runAt: 0,
    });
  }
  loop.desk.changed();
  await loop.pass(minuteMs);
  assert.equal(counts.applied, 1);
  assert.equal((await outcome(loop, id)).state, 'done');
  assert.deepEqual(await kindsOf(loop), [
    'action.permitted',
    'action.applying',
    'action.applied',
    'action.done',
  ]);
  await loop.end();
});

const bad = async () => ({ good: false, detail: 'three wait' });
const undo = async () => 'nudged back';
let looks = 0;
let momentaryLooks = 0;

for (const [name, part, state, result] of [
  [
    'throws',
    { apply: () => Promise.reject(new Error('no right')) },
    'failed',
    /could not be applied: no right/,
  ],
  ['hangs, yet does its work', { apply: () => new Promise<string>(() => {}) }, 'done', /no answer.*verified/],
  ['does no good', { verify: bad }, 'failed', /not verified: three wait/],
  ['does no good and can be undone', { verify: bad, undo }, 'undone', /three wait.*undone: nudged back/],
  [
    'does no good and cannot be undone after all',
    { verify: bad, undo: () => Promise.reject(new Error('too late')) },
    'failed',
    /its undo failed: too late/,
  ],
  [
    'cannot be verified',
    { verify: () => new Promise<never>(() => {}) },
    'failed',
    /could not verify: no answer/,
  ],
  [
    'is good, but does not stay so',
    {
      plan: { holdMs: 8 * secondMs },
      undo,
      verify: async () => ({ good: looks++ < 4, detail: 'they wait again' }),
    },
    'undone',
    /they wait again/,
  ],
  [
    'is good but for a moment',
    {
      plan: { verifyWithinMs: 3 * secondMs, holdMs: minuteMs },
      verify: async () => ({ good: momentaryLooks++ !== 100, detail: 'they do not wait' }),
    },
    'done',
    /verified: they do not wait/,
  ],
] satisfies [string, Part, string, RegExp][]) {
  test(`an action that ${name}: ${state}`, async () => {
    const { loop, counts } = await acting(part);
    const { id } = await propose(loop);
    await loop.pass(4 * minuteMs);
    const ended = await outcome(loop, id);
    assert.equal(ended.state, state);
    assert.match(ended.result ?? '', result);
    assert.equal(counts.applied, 1);
    assert.equal(counts.undone, 'undo' in part ? 1 : 0);
    await loop.end();
  });
}

test('good by its own account, yet what needs the target stays down: failed, and that is the reason', async () => {
  const { loop } = await acting({}, allowsAll, {
    targets: [toyTarget('web'), toyTarget('shop', { dependsOn: ['web'] })],
    probe: async (name) => (name === 'shop' ? down : up),
  });
  const { id } = await propose(loop);
  await loop.pass(2 * minuteMs);
  const ended = await outcome(loop, id);
  assert.equal(ended.state, 'failed');
  assert.match(ended.result ?? '', /shop is still down/);
  await loop.end();
});

test('after two failures in a row the action asks, whatever the policy', async () => {
  const { loop } = await acting({ verify: bad });
  for (let i = 0; i < 2; i++) {
    await propose(loop);
    await loop.pass(2 * minuteMs);
  }
  const third = await propose(loop);
  assert.equal(third.state, 'awaiting-approval');
  assert.match(third.judgement.reason, /2 times in a row/);
  await loop.end();
});

test('killed while it applied: verified, never applied again, not undone by itself', async () => {
  const first = await acting({ apply: () => new Promise<string>(() => {}), undo });
  const { id } = await propose(first.loop);
  await first.loop.pass(secondMs);
  assert.equal((await outcome(first.loop, id)).state, 'applying');
  const second = await acting({ undo }, allowsAll, await first.loop.kill());
  await second.loop.pass(minuteMs);
  assert.equal(second.counts.applied, 0);
  assert.equal((await outcome(second.loop, id)).state, 'done');
  assert.ok((await kindsOf(second.loop)).includes('action.interrupted'));
  const [cutOff] = await second.loop.journal('action.interrupted');
  assert.match(
    eventSentence(cutOff ?? assert.fail()) ?? '',
    /^Interrupted while it was applied: \w.+; it is not applied again/,
  );
  assert.match((await outcome(second.loop, id)).report ?? '', /- Not known whether it ran: begun /);
  await second.loop.end();

  const third = await acting({ apply: () => new Promise<string>(() => {}), undo });
  const cut = await propose(third.loop);
  await third.loop.pass(secondMs);
  const fourth = await acting({ undo, verify: bad }, allowsAll, await third.loop.kill());
  await fourth.loop.pass(2 * minuteMs);
  const ended = await outcome(fourth.loop, cut.id);
  assert.equal(ended.state, 'failed');
  assert.match(ended.result ?? '', /undoes nothing by itself: nudge it back/);
  assert.equal(fourth.counts.applied + fourth.counts.undone, 0);
  await fourth.loop.end();
});

test('a store that fails right after the action does not leave it unfinished', async () => {
  const { loop, counts } = await acting({
    async apply() {
      await sql
        .raw("create trigger full before update on actions begin select raise(abort, 'disk full'); end")
        .execute(loop.store.db);
      return 'nudged';
    },
  });
  const { id } = await propose(loop);
  await loop.pass(200);
  assert.equal((await outcome(loop, id)).state, 'applying');
  await sql.raw('drop trigger full').execute(loop.store.db);
  await loop.pass(2 * minuteMs);
  assert.equal((await outcome(loop, id)).state, 'done');
  assert.equal(counts.applied, 1);
  await loop.end();
});

test('many actions under way keep nobody from being called', async () => {
  const names = Array.from({ length: 12 }, (_, i) => `web${i}`);
  const steps = [{ notify: 'post', afterMs: minuteMs }];
  const { loop } = await acting(
    { plan: { verifyWithinMs: 10 * minuteMs, holdMs: 10 * minuteMs } },
    { ...allowsAll, budgets: { perTargetPerHour: 50, perIncident: 50, perDay: 50 } },
    {
      targets: [toyTarget('db'), ...names.map((name) => toyTarget(name))],
      probe: async (name) => (name === 'db' ? down : up),
      configuration: { escalation: { critical: steps, high: steps, medium: steps, low: steps } },
    },
  );
  for (const target of names) await loop.pipeline.actor.propose({ ...request, target }, 'ann', null);
  await loop.pass(2 * minuteMs);
  assert.deepEqual(
    loop.messages.map((message) => message.event),
    ['incident.escalated'],
  );
  await loop.end();
});

test('what the policy says is told also where no plan can be made: nothing to do, or an input is missing', async () => {
  const unable = defineAction<Toy, z.ZodObject>({
    ...nudge().action,
    input: z.object({ table: z.string() }),
    plan: async () => ({ refused: 'it runs already' }),
  });
  const loop = await startLoop({
    targets: [toyTarget('web')],
    actions: [unable],
    configuration: { guard: asking },
  });
  const { actor } = loop.pipeline;
  const about = { action: 'toy.nudge', target: 'web', why: '' };
  for (const [input, why] of [
    [{ table: 'orders' }, /^it runs already$/],
    [{}, /table.*; it is given as --input '\{"table":…\}'$/],
  ] as const) {
    const answer = await actor.explain({ ...about, input });
    assert.ok('refused' in answer);
    assert.match(answer.refused, why);
    assert.equal(answer.judgement.kind, 'ask');
    assert.match(answer.judgement.reason, /policy ask/);
  }
  await loop.end();
});

test('a digest that is mistyped is told as such', async () => {
  const { loop } = await acting({}, asking);
  const { id, digest } = await propose(loop);
  await assert.rejects(loop.pipeline.actor.approve(id, `0${digest.slice(1)}`.replace(/^00/, '1'), 'bob'), {
    message: /mistyped or cut\. Nothing was approved; read it again: upkeep action show /,
  });
  await loop.end();
});
