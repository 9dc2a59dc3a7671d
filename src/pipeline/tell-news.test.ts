/** Checks that come and go in turn are one trouble, however often another of them leads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { down, minuteMs, secondMs, startLoop, type Toy, toyTarget, up } from '../../test/simulation/loop.ts';
import type { Diagnosis } from '../core/system.ts';

test('ten targets of a service that flap in turn for two minutes are four messages at most', async () => {
  const names = Array.from({ length: 10 }, (_, index) => `c${index}`);
  let isOver = false;
  const isDown = (name: string, now: number) =>
    !isOver && (Math.floor(now / secondMs) + names.indexOf(name)) % 8 < 4;
  const answers: Diagnosis<Toy> = {
    id: 'toy.answers',
    summary: 'it answers with an error',
    explains: ['toy.down'],
    gather: async (_, target, { clock }) =>
      isDown(target, clock.now())
        ? [{ id: 'answer', target, title: 'Answer', at: clock.now(), how: 'look' }]
        : [],
    conclude: (evidence, target) =>
      evidence.length === 0
        ? []
        : [
            {
              ...{ id: 'toy.answers', target, summary: `${target} answers 503`, explanation: 'seen' },
              ...{ confidence: 0.8, evidence: ['answer'], unseen: [], recommendations: [] },
            },
          ],
  };
  const loop = await startLoop({
    targets: names.map((name) => toyTarget(name, { everyMs: secondMs })),
    configuration: {
      services: [{ name: 'all', targets: names, dependsOn: [], slo: null }],
    },
    probe: async (name) => (isDown(name, loop.clock.now()) ? down : up),
    diagnoses: [answers],
  });
  await loop.pass(2 * minuteMs);
  isOver = true;
  await loop.pass(20 * minuteMs);
  const told = loop.messages.map(({ event }) => event);
  assert.equal(told[0], 'incident.opened');
  assert.equal(told.at(-1), 'incident.resolved');
  assert.ok(told.length <= 4, loop.messages.map(({ key }) => key).join('\n'));
  await loop.end();
});
