/** One cause is one incident, also where its alerts opened two before it was found. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { down, downRule, minuteMs, secondMs, startLoop, toyTarget, up } from '../../test/simulation/loop.ts';

/** `edge` needs both, and nothing joins `db` and `cache`. */
async function stack() {
  const ill = new Set<string>();
  const rules = [{ ...downRule, clearForMs: 0 }];
  const loop = await startLoop({
    targets: [
      toyTarget('edge', { rules, dependsOn: ['db', 'cache'] }),
      toyTarget('db', { rules }),
      toyTarget('cache', { rules }),
    ],
    probe: async (name) => (ill.has(name) ? down : up),
    diagnoses: [
      {
        ...{ id: 'toy.full', summary: 'full', explains: ['toy.down'] },
        gather: async (_, target, { clock }) =>
          target === 'cache' && ill.has('cache')
            ? [{ id: 'seen', target, title: 'seen', at: clock.now(), how: 'look' }]
            : [],
        conclude: ([seen], target) =>
          seen === undefined
            ? []
            : [
                {
                  ...{ id: 'toy.full', target, summary: 'it is full', explanation: '', confidence: 0.95 },
                  ...{ evidence: ['seen'], unseen: [], recommendations: [] },
                },
              ],
      },
    ],
  });
  await loop.pass(30 * secondMs);
  return { loop, ill };
}

test('two incidents that one cause leads become one, and the younger says where it went', async () => {
  const { loop, ill } = await stack();
  ill.add('db');
  await loop.pass(20 * secondMs);
  ill.add('cache');
  await loop.pass(30 * secondMs);
  assert.equal((await loop.incidents()).filter(({ status }) => status !== 'resolved').length, 2);
  // The older takes what needs both, and what is found below that is the cause of the younger.
  ill.add('edge');
  await loop.pass(20 * secondMs);
  ill.delete('db');
  await loop.pass(minuteMs);
  const all = await loop.incidents();
  const open = all.filter(({ status }) => status !== 'resolved');
  assert.deepEqual(
    open.map(({ findings: [first] }) => [first?.id, first?.target]),
    [['toy.full', 'cache']],
  );
  const [merged] = await loop.journal('incident.merged');
  assert.equal(merged?.payload.reason, 'toy.full on cache leads both: one cause is one incident');
  assert.equal(merged?.payload.into, open[0]?.id);
  await loop.end();
});
