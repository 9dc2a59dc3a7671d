/** Every action: no plan without its target, no effect without a genuine permit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { systemClock } from '../../src/clock.ts';
import type { ActionContext, Plan } from '../../src/core/action.ts';
import { GuardRefusal, Permit } from '../../src/core/guard.ts';
import type { BoundAction, BoundTarget, SystemEntry } from '../../src/core/system.ts';
import { systems } from '../../src/systems/index.ts';
import { blackHole, closedPort, type Place } from '../servers/black-hole.ts';
import { bind, endsWithin, secret } from './targets.ts';

const allowedMs = 1_000;
const graceMs = 15_000;

for (const system of systems) {
  for (const { id, input } of system.actions) {
    for (const [name, open] of [
      ['a place that never answers', blackHole],
      ['a closed port', closedPort],
    ] as const) {
      test(`${id} makes no plan at ${name}`, () =>
        withAction(system, id, open, async (action) => {
          const sample = sampleOf(input);
          const planning = Promise.resolve().then(() => action.plan(sample, context()));
          const drafted = await endsWithin(
            allowedMs + graceMs,
            `planning ${id}`,
            planning.catch((error: unknown) => ({ refused: String(error) })),
          );
          assert.ok('refused' in drafted, `it planned: ${JSON.stringify(drafted)}`);
          assert.ok(drafted.refused.length > 0);
          assert.ok(!drafted.refused.includes(secret), 'a secret is in the refusal');
        }));
    }

    test(`${id} refuses a permit that the guard did not make`, () =>
      withAction(system, id, blackHole, async (action) => {
        const plan = planOf(id, sampleOf(input));
        for (const forged of forgeries()) {
          await assert.rejects(async () => action.apply(plan, forged, context()), GuardRefusal);
          if (action.undo) {
            const { undo } = action;
            await assert.rejects(async () => undo(plan, forged, context()), GuardRefusal);
          }
        }
      }));
  }
}

async function withAction(
  system: SystemEntry,
  id: string,
  open: () => Promise<Place>,
  work: (action: BoundAction) => Promise<void>,
): Promise<void> {
  const place = await open();
  const bound: BoundTarget = bind(system, place.port);
  try {
    const action = bound.actions.find((one) => one.id === id);
    assert.ok(action);
    await work(action);
  } finally {
    await bound.close();
    await place.stop();
  }
}

function context(): ActionContext {
  return { signal: AbortSignal.timeout(allowedMs), clock: systemClock, latest: () => [] };
}

/** Look-alikes: one of the class that was never granted, and one that copies a granted permit. */
function forgeries(): Permit[] {
  const granted = Permit.grant({ kind: 'allow', reason: 'test' }, 'digest', systemClock.now());
  const bare: unknown = Object.create(Permit.prototype);
  assert.ok(bare instanceof Permit);
  return [bare, Object.assign(bare, structuredClone({ ...granted }))];
}

function planOf(action: string, input: Readonly<Record<string, unknown>>): Plan {
  return {
    ...{ action, target: 'it', input, risk: 'risky', summary: 'a plan', steps: ['a step'], before: {} },
    ...{ expect: 'nothing', undo: { possible: false, how: 'nothing' }, verifyWithinMs: 1_000, holdMs: 1_000 },
  };
}

interface Field {
  readonly type?: string;
  readonly minimum?: number;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly items?: Field;
  readonly properties?: Readonly<Record<string, Field>>;
  readonly required?: readonly string[];
}

const texts = [
  'name',
  '2026-01-01T00:00:00.000Z',
  '2026-01-01 00:00:00+00',
  '10s',
  'rabbit@host',
  '1',
  'a'.repeat(64),
];

/** An input that the action takes, made from its schema. */
function sampleOf(input: z.ZodObject): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
  const sample = recordOf(schema as Field);
  const parsed = input.safeParse(sample);
  assert.ok(
    parsed.success,
    `test/contracts/actions.test.ts made ${JSON.stringify(sample)}, which is refused`,
  );
  return sample;
}

function recordOf({ properties = {}, required = [] }: Field): Record<string, unknown> {
  const fields = Object.entries(properties).filter(([name]) => required.includes(name));
  return Object.fromEntries(fields.map(([name, field]) => [name, exampleOf(field)]));
}

function exampleOf(field: Field): unknown {
  const { type, minimum = 1, enum: choices, pattern = '' } = field;
  if (choices) return choices[0];
  if (type === 'object') return recordOf(field);
  if (type === 'array') return field.items ? [exampleOf(field.items)] : [];
  if (type === 'integer' || type === 'number') return Math.max(1, minimum);
  return type === 'boolean' ? true : texts.find((text) => new RegExp(pattern, 'u').test(text));
}
