/** Whenever Upkeep is killed while it acts: nothing is done twice, nothing is stuck, and what is stored is what happened. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import { minuteMs, secondMs, startLoop, type Toy, toyTarget } from '../../test/simulation/loop.ts';
import { defineAction } from '../core/action.ts';
import type { Policy } from '../core/guard.ts';
import { UpkeepError } from '../core/verb.ts';
import * as actionRows from '../store/actions.ts';
import type { StoreLocation } from '../store/index.ts';

const casesOn = { sqlite: 60, postgres: 4 } as const;
const event = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 0, max: 12 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('undo' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('propose' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('person' as const), size: fc.integer({ min: 1, max: 3 }) }),
  },
);

interface Case {
  readonly applySeconds: number;
  readonly holdSeconds: number;
  readonly isGood: boolean;
  readonly events: readonly (typeof event extends fc.Arbitrary<infer E> ? E : never)[];
}

const all = [{ action: '*', target: '*' }];
const guard: Policy = {
  ...{ never: [], ask: [], always: all, fourEyes: false, approvalTtlMs: 30 * minuteMs },
  budgets: { perTargetPerHour: 99, perIncident: 99, perDay: 99 },
};

async function play(
  store: StoreLocation,
  { applySeconds, holdSeconds, isGood, events }: Case,
): Promise<void> {
  /** Survives every crash, as what is watched does. */
  const held = { size: 1 };
  const begun: string[] = [];
  const action = defineAction<Toy, z.ZodObject>({
    ...{ id: 'toy.resize', summary: 'resizes', risk: 'safe', privileges: 'none', input: z.object({}) },
    plan: async () =>
      held.size === 2
        ? { refused: 'its size is 2' }
        : {
            ...{ summary: 'resize', steps: ['size 2'], before: { size: held.size }, expect: '2' },
            ...{ undo: { possible: true, how: `size ${held.size}` } },
            ...{ verifyWithinMs: 2 * secondMs, holdMs: holdSeconds * secondMs },
          },
    async apply(_, plan, permit, ctx) {
      begun.push(`apply ${permit.digest}`);
      await ctx.clock.sleep(applySeconds * secondMs);
      if (held.size !== plan.before.size) throw new Error('somebody was faster');
      held.size = 2;
      return 'resized';
    },
    verify: async () => ({ good: isGood && held.size === 2, detail: `size ${held.size}` }),
    async undo(_, plan, permit) {
      begun.push(`undo ${permit.digest}`);
      if (held.size !== 2) throw new Error('somebody was faster');
      held.size = Number(plan.before.size);
      return 'as before';
    },
  });
  const options = { store, targets: [toyTarget('web')], actions: [action], configuration: { guard } };
  let loop = await startLoop(options);
  try {
    await loop.pass(10 * secondMs);
    const propose = () =>
      loop.pipeline.actor.propose({ action: 'toy.resize', target: 'web', input: {}, why: '' }, 'ann', null);
    await propose();
    for (const one of events) {
      if (one.kind === 'pass') await loop.pass(one.seconds * secondMs);
      if (one.kind === 'person') held.size = one.size;
      if (one.kind === 'propose') await propose();
      if (one.kind === 'undo') {
        const newest = (await actionRows.list(loop.store.db, { limit: 50 })).find(({ plan }) => !plan.undoes);
        if (newest)
          await loop.pipeline.actor.undo(newest.id, 'bob', 'again').catch((error: unknown) => {
            if (!(error instanceof UpkeepError)) throw error;
          });
      }
      if (one.kind === 'crash') {
        const left = await loop.kill();
        loop = await startLoop({ ...options, ...left });
      }
    }
    await loop.pass(5 * minuteMs);
    const ended = await actionRows.list(loop.store.db, { limit: 100 });
    assert.deepEqual(
      ended.filter(({ endedAt }) => endedAt === null),
      [],
      'nothing is stuck',
    );
    const applying = (await loop.journal('action.applying')).map(({ payload }) => String(payload.digest));
    for (const [name, times] of counted(begun)) {
      const allowed = applying.filter((digest) => name.endsWith(digest)).length;
      assert.ok(times <= allowed, `${name} was begun ${times} times, with leave for ${allowed}`);
    }
    for (const { id, state, plan, report, appliedAt } of ended) {
      assert.ok(report, `${id} has its report`);
      if (state === 'done' || state === 'undone') assert.ok(appliedAt !== null);
      const takenBack = ended.filter((other) => other.plan.undoes === id && other.state === 'done');
      assert.ok(takenBack.length <= 1, 'taken back once');
      if (plan.undoes === undefined && takenBack.length === 1) assert.equal(state, 'undone');
      const times = (await loop.journal('action.applying')).filter(
        ({ subject }) => subject === `action:${id}`,
      );
      assert.ok(times.length <= 1, 'applied once');
    }
    const failed = await loop.store.db
      .selectFrom('jobs')
      .select('last_error')
      .where('state', '=', 'failed')
      .execute();
    assert.deepEqual(failed, []);
  } finally {
    await loop.end();
  }
}

function counted(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

forEachEngine((engine) => {
  test('killed at any moment: nothing is begun twice, every action ends, and what was taken back says so', () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          applySeconds: fc.integer({ min: 0, max: 4 }),
          holdSeconds: fc.integer({ min: 0, max: 4 }),
          isGood: fc.boolean(),
          events: fc.array(event, { maxLength: 10 }),
        }),
        async (one) => play(await engine.freshLocation(), one),
      ),
      { numRuns: casesOn[engine.kind] },
    ));
});
