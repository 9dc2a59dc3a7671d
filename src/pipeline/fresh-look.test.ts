import assert from 'node:assert/strict';
import { test } from 'node:test';
import { down, minuteMs, secondMs, startLoop, type Toy, toyTarget, up } from '../../test/simulation/loop.ts';
import type { Outcome } from '../core/sample.ts';
import type { Diagnosis } from '../core/system.ts';

const settings = (size: string): Outcome => ({
  ok: true,
  readings: [],
  snapshots: [{ document: 'toy.settings', kind: 'configuration', values: { size } }],
});

/** Stands on a database that is asked every ten minutes how it is set. */
const targets = [
  toyTarget('web', { dependsOn: ['db'] }),
  toyTarget('db', { everyMs: 10 * minuteMs }),
  toyTarget('mail'),
];

/** Tells what the ledger had when it looked. */
function witness() {
  const seen: { at: number; changes: string[] }[] = [];
  const diagnosis: Diagnosis<Toy> = {
    id: 'toy.witness',
    summary: 'looks',
    explains: ['toy.down'],
    async gather(_, target, ctx) {
      if (target === 'web')
        seen.push({ at: ctx.clock.now(), changes: ctx.changes.map((one) => one.summary) });
      return [];
    },
    conclude: () => [],
  };
  return { seen, diagnosis };
}

test('what was changed just before an incident is evidence of its first diagnosis, also in what the target needs', async () => {
  const { seen, diagnosis } = witness();
  let size = '4MB';
  let isDown = false;
  const runs: number[] = [];
  const loop = await startLoop({
    targets,
    diagnoses: [diagnosis],
    async probe(name, { clock }) {
      if (name === 'mail') return up;
      if (name === 'web') return isDown ? down : up;
      runs.push(clock.now());
      return settings(size);
    },
  });
  await loop.pass(11 * minuteMs);
  size = '64kB';
  isDown = true;
  const asked = runs.length;
  await loop.pass(20 * secondMs);
  assert.deepEqual(seen[0]?.changes, ['size 4MB -> 64kB']);
  assert.ok(seen.length >= 2, 'it looked again meanwhile');
  assert.ok(runs.length - asked <= 2, `${runs.length - asked} looks in 20 s`);
  await loop.end();
});

test('a look that hangs holds up no diagnosis for long, and where nothing was ever seen nobody is asked', async () => {
  const { seen, diagnosis } = witness();
  let isDown = false;
  let mails = 0;
  const loop = await startLoop({
    targets: [
      ...targets.filter(({ name }) => name !== 'web'),
      toyTarget('web', { dependsOn: ['db', 'mail'] }),
    ],
    diagnoses: [diagnosis],
    probe: async (name) => {
      if (name === 'mail') mails++;
      if (name !== 'db') return name === 'web' && isDown ? down : up;
      return isDown ? new Promise<never>(() => {}) : settings('4MB');
    },
  });
  await loop.pass(11 * minuteMs);
  isDown = true;
  const asked = mails;
  await loop.pass(10 * secondMs);
  const [incident] = await loop.incidents();
  assert.ok(incident && seen[0]);
  assert.ok(seen[0].at - incident.openedAt <= 3 * secondMs, `${seen[0].at - incident.openedAt} ms later`);
  assert.ok(mails - asked <= 2, 'mail was asked on its own grid alone');
  await loop.end();
});
