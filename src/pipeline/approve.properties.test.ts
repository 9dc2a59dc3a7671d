/** Whatever people, edits, silence, restarts and crashes do: what ran was approved word for word, once, and nothing is stuck. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import { minuteMs, secondMs, startLoop, type Toy, toyTarget } from '../../test/simulation/loop.ts';
import { defineAction, type Plan, type Risk } from '../core/action.ts';
import type { Policy } from '../core/guard.ts';
import { UpkeepError } from '../core/verb.ts';
import type { ActionView } from '../core/view.ts';
import * as actionRows from '../store/actions.ts';
import type { StoreLocation } from '../store/index.ts';

const casesOn = { sqlite: 30, postgres: 6 } as const;
const people = ['ann', 'bob', 'cat', 'link:post'] as const;
const who = fc.constantFrom(...people);
const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('approve' as const), who, isStale: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deny' as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('edit' as const), who, limit: fc.integer({ min: 0, max: 6 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), minutes: fc.integer({ min: 0, max: 12 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('tighten' as const) }) },
  // Several at the same moment.
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('race' as const),
      who: fc.uniqueArray(who, { minLength: 2 }),
      limit: fc.integer({ min: 1, max: 5 }),
    }),
  },
);
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

interface Case {
  readonly risk: Risk;
  readonly fourEyes: boolean;
  readonly proposer: (typeof people)[number] | 'upkeep';
  readonly events: readonly Event[];
}

const over: readonly ActionView['state'][] = ['done', 'failed', 'denied', 'expired', 'refused', 'undone'];

async function play(store: StoreLocation, { risk, fourEyes, proposer, events }: Case): Promise<void> {
  const ran: Plan[] = [];
  const action = defineAction<Toy, z.ZodObject>({
    ...{ id: 'toy.trim', summary: 'trims', risk, privileges: 'none' },
    input: z.object({ limit: z.number().int().min(1).max(5).default(3) }),
    plan: async (_, { limit }) => ({
      ...{ summary: `trim ${limit}`, steps: [`trim ${limit}`], before: {}, expect: 'shorter' },
      ...{ undo: { possible: false, how: 'none' }, verifyWithinMs: secondMs, holdMs: 0 },
    }),
    apply: async (_, plan) => {
      ran.push(plan);
      return 'trimmed';
    },
    verify: async () => ({ good: true, detail: 'shorter' }),
  });
  const all = [{ action: '*', target: '*' }];
  let guard: Policy = {
    ...{ never: [], ask: all, always: [], fourEyes, approvalTtlMs: 20 * minuteMs },
    budgets: { perTargetPerHour: 99, perIncident: 99, perDay: 99 },
  };
  const options = { store, targets: [toyTarget('web')], actions: [action] };
  let loop = await startLoop({ ...options, configuration: { guard } });
  try {
    await loop.pass(10 * secondMs);
    const request = { action: 'toy.trim', target: 'web', input: {}, why: 'long' };
    const proposed = await loop.pipeline.actor.propose(request, proposer, null);
    assert.ok('action' in proposed);
    const { id, digest: first } = proposed.action;
    const now = async () => (await actionRows.byId(loop.store.db, id)) ?? assert.fail('gone');
    /** What people may be told is a refusal in words, nothing else. */
    const tried = (work: Promise<unknown>) =>
      work.catch((error: unknown) => {
        if (!(error instanceof UpkeepError)) throw error;
      });
    for (const one of events) {
      const { actor } = loop.pipeline;
      if (one.kind === 'approve')
        await tried(actor.approve(id, one.isStale ? first : (await now()).digest, one.who));
      if (one.kind === 'deny') await tried(actor.deny(id, one.who, 'no'));
      if (one.kind === 'edit') await tried(actor.edit(id, { limit: one.limit }, one.who));
      if (one.kind === 'pass') await loop.pass(one.minutes * minuteMs);
      if (one.kind === 'race') {
        const { digest } = await now();
        const yes = one.who.map((by) => tried(actor.approve(id, digest, by)));
        await Promise.all([...yes, tried(actor.edit(id, { limit: one.limit }, 'ann'))]);
      }
      if (one.kind === 'tighten') {
        guard = { ...guard, fourEyes: true };
        loop.reload({ guard });
      }
      if (one.kind === 'crash') {
        const left = await loop.kill();
        loop = await startLoop({ ...options, configuration: { guard }, ...left });
      }
    }
    await loop.pass(60 * minuteMs);
    const ended = await now();
    assert.ok(over.includes(ended.state), `stuck as ${ended.state}`);
    assert.ok(ran.length <= 1, 'applied once at most');
    await assertApproved(ended, ran, fourEyes);
    const failed = await loop.store.db
      .selectFrom('jobs')
      .select('last_error')
      .where('state', '=', 'failed')
      .execute();
    assert.deepEqual(failed, []);
    const kinds = (await loop.journal()).filter(({ subject }) => subject === `action:${id}`);
    assert.equal(kinds.filter(({ kind }) => kind === 'action.applying').length, ran.length);
  } finally {
    await loop.end();
  }
}

async function assertApproved(ended: ActionView, ran: readonly Plan[], fourEyes: boolean): Promise<void> {
  const [plan] = ran;
  if (!plan) return;
  assert.deepEqual(plan, ended.plan, 'what ran is what stands there, word for word');
  const { approval } = ended;
  assert.ok(approval && approval.given.length >= approval.needed);
  assert.ok((ended.approvedAt ?? 0) < (ended.expiresAt ?? 0), 'in time');
  const lastEdit = approval.edits.at(-1)?.at ?? 0;
  assert.ok(
    approval.given.every(({ at }) => at >= lastEdit),
    'each yes was to the plan as it ran',
  );
  const given = approval.given.map(({ by }) => by);
  assert.equal(new Set(given).size, given.length);
  if (!fourEyes) return;
  assert.ok(!given.includes(approval.author), 'nobody approved what they wrote');
  assert.equal(given.length, plan.risk === 'destructive' ? 2 : 1);
}

forEachEngine((engine) => {
  test('nothing runs unapproved, twice, or otherwise than approved; nothing waits for ever', () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          risk: fc.constantFrom('safe' as const, 'risky' as const, 'destructive' as const),
          fourEyes: fc.boolean(),
          proposer: fc.constantFrom('upkeep' as const, 'ann' as const, 'bob' as const),
          events: fc.array(event, { maxLength: 9 }),
        }),
        async (one) => play(await engine.freshLocation(), one),
      ),
      { numRuns: casesOn[engine.kind] },
    ));
});
