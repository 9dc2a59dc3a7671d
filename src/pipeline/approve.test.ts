/** Approvals: bound to the plan, edited, escalated on silence, of as many people as it takes, never stuck. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import {
  type Loop,
  type LoopOptions,
  minuteMs,
  secondMs,
  startLoop,
  type Toy,
  toyTarget,
} from '../../test/simulation/loop.ts';
import { defineAction, type Risk } from '../core/action.ts';
import type { Policy } from '../core/guard.ts';
import type { Message } from '../core/message.ts';
import { noOnCall, type Person } from '../core/oncall/model.ts';
import { UpkeepError } from '../core/verb.ts';

const all = [{ action: '*', target: '*' }];
const asking: Policy = {
  ...{ never: [], ask: all, always: [], fourEyes: false, approvalTtlMs: 30 * minuteMs },
  budgets: { perTargetPerHour: 10, perIncident: 10, perDay: 10 },
};

function trim(risk: Risk = 'risky') {
  const applied: unknown[] = [];
  const action = defineAction<Toy, z.ZodObject>({
    ...{ id: 'toy.trim', summary: 'trims', risk, privileges: 'none' },
    input: z.object({ limit: z.number().int().min(1).max(20).default(10) }),
    async plan(_, { limit }) {
      if (limit === 13) return { refused: 'thirteen cannot be trimmed' };
      return {
        ...{ summary: `trim ${limit}`, steps: [`trim ${limit}`], before: { length: 30 }, expect: 'shorter' },
        ...{ undo: { possible: false, how: 'what is cut is cut' }, verifyWithinMs: secondMs, holdMs: 0 },
      };
    },
    apply: async (_, plan) => {
      applied.push(plan.input.limit);
      return 'trimmed';
    },
    verify: async () => ({ good: true, detail: 'shorter' }),
  });
  return { action, applied };
}

async function started(guard: Partial<Policy> = {}, more: Partial<LoopOptions> = {}, risk?: Risk) {
  const { action, applied } = trim(risk);
  const loop = await startLoop({
    targets: [toyTarget('web')],
    actions: [action],
    ...more,
    configuration: { guard: { ...asking, ...guard }, ...more.configuration },
  });
  await loop.pass(10 * secondMs);
  return { loop, applied, actor: loop.pipeline.actor };
}

async function propose(loop: Loop, by = 'upkeep') {
  const request = { action: 'toy.trim', target: 'web', input: {}, why: 'too long' };
  const proposed = await loop.pipeline.actor.propose(request, by, null);
  assert.ok('action' in proposed, JSON.stringify(proposed));
  return proposed.action;
}

const refused = (code: string, words: RegExp) => (error: unknown) =>
  error instanceof UpkeepError && error.code === code && words.test(error.message);

test('an edit within the bounds is a new plan: the old digest and the old yes count no longer', async () => {
  const { loop, applied, actor } = await started({ fourEyes: true }, {}, 'destructive');
  loop.reload({ guard: { ...asking, fourEyes: true } });
  const { id, digest } = await propose(loop, 'ann');
  const once = await actor.approve(id, digest, 'bob');
  assert.equal(once.state, 'awaiting-approval');
  assert.deepEqual(
    once.approval?.given.map(({ by }) => by),
    ['bob'],
  );
  const edited = await actor.edit(id, { limit: 5 }, 'cat');
  assert.equal(edited.plan.summary, 'trim 5');
  assert.notEqual(edited.digest, digest);
  assert.deepEqual(edited.approval?.given, []);
  assert.deepEqual(
    edited.approval?.edits.map(({ by, digest: old, input }) => [by, old, input]),
    [['cat', digest, { limit: 10 }]],
  );
  await assert.rejects(actor.approve(id, digest, 'bob'), refused('conflict', /has changed/));
  await assert.rejects(actor.approve(id, edited.digest, 'cat'), refused('not-allowed', /four eyes/));
  await actor.approve(id, edited.digest, 'bob');
  const done = await actor.approve(id, edited.digest, 'ann');
  assert.equal(done.approvedBy, 'bob and ann');
  await loop.pass(minuteMs);
  assert.deepEqual(applied, [5]);
  const entry = (await loop.journal('action.edited'))[0];
  assert.deepEqual([entry?.actor, entry?.payload.voided, entry?.payload.from], ['cat', ['bob'], digest]);
  await loop.end();
});

for (const [name, input, code, words] of [
  ['outside the bounds', { limit: 21 }, 'bad-input', /limit: must be at most 20/],
  ['of an input that there is not', { limitt: 5 }, 'bad-input', /no input limitt.*limit/],
  ['to what is planned', { limit: 10 }, 'bad-input', /nothing would change/],
  ['that makes no plan', { limit: 13 }, 'refused', /thirteen/],
] as const) {
  test(`an edit ${name} is turned away and leaves the old plan to be approved`, async () => {
    const { loop, applied, actor } = await started();
    const { id, digest } = await propose(loop);
    await assert.rejects(actor.edit(id, input, 'ann'), refused(code, words));
    await actor.approve(id, digest, 'bob');
    await assert.rejects(actor.edit(id, { limit: 4 }, 'ann'), refused('conflict', /not waiting/));
    await loop.pass(minuteMs);
    assert.deepEqual(applied, [10]);
    await loop.end();
  });
}

test('an edit gives the whole time to decide again, and the question is asked again', async () => {
  const { loop, actor } = await started();
  const { id, expiresAt } = await propose(loop);
  await loop.pass(25 * minuteMs);
  const edited = await actor.edit(id, { limit: 5 }, 'ann');
  assert.ok((edited.expiresAt ?? 0) - (expiresAt ?? 0) >= 24 * minuteMs);
  await loop.pass(10 * minuteMs);
  const asked = loop.messages.filter(({ event }) => event === 'approval.requested');
  assert.deepEqual(
    asked.map(({ approval }) => approval?.digest),
    [edited.approval?.edits[0]?.digest, edited.digest],
  );
  assert.equal((await actor.approve(id, edited.digest, 'bob')).state, 'permitted');
  await loop.end();
});

test('four eyes: two different known people for what may lose data, whatever road they take', async () => {
  const person = (id: string): Person => ({
    ...{ id, name: id, timezone: 'UTC', via: {}, quietHours: null, calendar: null },
    reach: { slack: `U-${id}` },
  });
  const { loop, applied, actor } = await started(
    { fourEyes: true },
    {
      channels: { slack: async () => ({ kind: 'delivered' }) },
      configuration: {
        guard: { ...asking, fourEyes: true },
        notifiers: [{ name: 'slack', kind: 'test', settings: {} }],
        oncall: { ...noOnCall, people: [person('ann'), person('bob')] },
      },
    },
    'destructive',
  );
  const { id, digest } = await propose(loop);
  await actor.approve(id, digest, 'slack:U-ann');
  for (const [by, code, words] of [
    ['slack:U-ann', 'conflict', /already/],
    ['ann', 'conflict', /already/],
    ['link:slack:ann', 'conflict', /already/],
    ['link:slack', 'not-allowed', /nobody knows who/],
    ['slack:U-stranger', 'not-allowed', /nobody knows who/],
  ] as const)
    await assert.rejects(actor.approve(id, digest, by), refused(code, words), by);
  assert.equal((await actor.approve(id, digest, 'link:mail:bob')).state, 'permitted');
  await loop.pass(minuteMs);
  assert.deepEqual(applied, [10]);
  await loop.end();
});

test('silence takes the question from step to step, before it lapses; an answer ends it', async () => {
  const told: string[] = [];
  const phone = async ({ to, event }: Message) => {
    if (event === 'approval.requested') told.push(to?.person ?? '-');
    return { kind: 'delivered' as const };
  };
  const person = (id: string): Person => ({
    ...{ id, name: id, timezone: 'UTC', reach: { phone: id }, via: {}, quietHours: null, calendar: null },
  });
  const steps = ['ann', 'bob', 'cyd'].map((id, at) => ({
    afterMs: [0, 5, 90][at]! * minuteMs,
    notify: [id],
  }));
  const { loop, actor } = await started(
    {},
    {
      channels: { phone },
      configuration: {
        guard: asking,
        notifiers: [{ name: 'phone', kind: 'test', settings: {} }],
        oncall: {
          ...noOnCall,
          people: ['ann', 'bob', 'cyd'].map(person),
          policies: [{ name: 'standard', steps, repeat: null, unacknowledgeAfterMs: null }],
          policyOf: { high: 'standard' },
        },
      },
    },
  );
  const first = await propose(loop);
  assert.deepEqual(
    first.approval?.asked.map(({ whom }) => whom),
    [['ann']],
  );
  await loop.pass(6 * minuteMs);
  assert.deepEqual(told, ['ann', 'bob']);
  await loop.pass(20 * minuteMs);
  assert.deepEqual(told, ['ann', 'bob', 'cyd'], 'the last is asked while it can still be answered');
  await loop.pass(10 * minuteMs);
  assert.equal((await loop.journal('action.expired')).length, 1);
  told.length = 0;
  const second = await propose(loop);
  await loop.pass(minuteMs);
  await actor.deny(second.id, 'ann', 'not now');
  await loop.pass(40 * minuteMs);
  assert.deepEqual(told, ['ann']);
  await loop.end();
});
