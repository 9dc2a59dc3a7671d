import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shareInFlight } from './in-flight.ts';

test('those who ask while it is found out share one answer; who asks later, or for something else, gets a new one', async () => {
  const gates: (() => void)[] = [];
  let finds = 0;
  const find = shareInFlight(
    (name: string) => name,
    async (name) => {
      const mine = ++finds;
      await new Promise<void>((go) => gates.push(go));
      return `${name} ${mine}`;
    },
  );
  const first = [find('a'), find('a'), find('b')];
  for (const go of gates) go();
  assert.deepEqual(await Promise.all(first), ['a 1', 'a 1', 'b 2']);
  const later = find('a');
  gates.at(-1)?.();
  assert.equal(await later, 'a 3');
});

test('what failed is tried anew by the next who asks', async () => {
  let finds = 0;
  const find = shareInFlight(
    () => 'only',
    async () => {
      if (++finds === 1) throw new Error('not now');
      return finds;
    },
  );
  await assert.rejects(find(), /not now/);
  assert.equal(await find(), 2);
});
