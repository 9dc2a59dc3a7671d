import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Configuration } from './configuration.ts';
import { unnamedPromotions } from './failover.ts';

const pair = (...ask: string[]) =>
  ({
    failovers: [{ name: 'shop', primary: 'db', replica: 'db-2' }],
    targets: [{ name: 'db-2', system: 'postgres' }],
    guard: {
      ask: ask.map((line) => {
        const [action, target] = line.split(' on ');
        return { action, target };
      }),
      always: [],
    },
  }) as unknown as Configuration;

test('a pair whose promotion the guard would refuse is told before it is needed', () => {
  const [warning] = unnamedPromotions(pair('postgres.promote on db', 'process.* on *'));
  assert.equal(
    warning,
    'failover.shop: the guard would refuse postgres.promote on db-2, since no policy names it; write "postgres.promote on db-2" below guard.ask',
  );
  for (const line of ['postgres.promote on db-2', 'postgres.* on *', '* on db-2'])
    assert.deepEqual(unnamedPromotions(pair(line)), [], line);
});
