/** Two roads to one repair are one question to people. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { down, minuteMs, secondMs, startLoop, type Toy, toyTarget } from '../../test/simulation/loop.ts';
import { defineAction } from '../core/action.ts';
import type { Policy } from '../core/guard.ts';
import type { Diagnosis } from '../core/system.ts';
import * as actionRows from '../store/actions.ts';

const guard: Policy = {
  never: [],
  ask: [{ action: '*', target: '*' }],
  always: [],
  budgets: { perTargetPerHour: 10, perIncident: 10, perDay: 10 },
  approvalTtlMs: 10 * minuteMs,
  fourEyes: false,
};

const way = (id: string, steps: readonly string[]) =>
  defineAction<Toy, z.ZodObject>({
    ...{ id, summary: id, risk: 'safe', input: z.object({}), privileges: 'none' },
    plan: async () => ({
      ...{ summary: 'start it', steps, before: {}, expect: 'it runs', subjects: ['process'] },
      ...{ undo: { possible: false, how: 'nothing' }, verifyWithinMs: 5_000, holdMs: 1_000 },
    }),
    apply: async () => 'done',
    verify: async () => ({ good: true, detail: 'it runs' }),
  });

const gone: Diagnosis<Toy> = {
  id: 'toy.gone',
  summary: 'why it does not run',
  explains: ['toy.down'],
  gather: async () => [],
  conclude: (_, target) => [
    {
      ...{ id: 'toy.gone', target, summary: 'it is gone', explanation: '', confidence: 0.9, evidence: [] },
      unseen: [],
      recommendations: ['toy.start', 'toy.restart', 'toy.clean'].map((action) => ({
        ...{ action, target, input: {}, why: 'it does not run' },
      })),
    },
  ],
};

test('a start and a restart of what does not run are the same steps: one waits for approval', async () => {
  const loop = await startLoop({
    targets: [toyTarget('web')],
    probe: async () => down,
    actions: [
      way('toy.start', ['run it']),
      way('toy.restart', ['run it']),
      way('toy.clean', ['clean', 'run it']),
    ],
    diagnoses: [gone],
    configuration: { guard },
  });
  await loop.pass(2 * minuteMs + 5 * secondMs);
  const waiting = await actionRows.list(loop.store.db, { states: ['awaiting-approval'], limit: 10 });
  assert.deepEqual(waiting.map(({ plan }) => plan.action).toSorted(), ['toy.clean', 'toy.start']);
  const [incident] = await loop.incidents();
  const request = { action: 'toy.restart', target: 'web', input: {}, why: 'it is down' };
  const refused = await loop.pipeline.actor.propose(request, 'ann', incident?.id ?? null);
  assert.match(
    'refused' in refused ? refused.refused : '',
    /toy\.start would run the same steps and is awaiting/,
  );
  await loop.end();
});
