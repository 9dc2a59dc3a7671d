import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FailoverSettings } from './failover.ts';
import { type Promotion, staleFence, untoldFailover, type Wording } from './failover-told.ts';

const shown: Wording = {
  program: (words) => words.join(' '),
  moment: (at) => `hour ${at / 3_600_000}`,
};
const pair: FailoverSettings = {
  ...{ name: 'shop', primary: 'db', replica: 'spare', through: 'db:5432', fence: ['fence-db', 'now'] },
  switch: { by: 'proxy', proxy: 'proxy', backend: 'shop', primary: 'db1', replica: 'db2' },
};
const promotion = (more: Partial<Promotion['plan']> = {}, at = 3 * 3_600_000): Promotion => ({
  ...{ state: 'done', appliedAt: at },
  plan: {
    ...{ action: 'postgres.promote', target: 'spare', fences: 'db' },
    steps: ['fence-db now  # fences db'],
    ...more,
  },
});

test('a promotion that upkeep.yaml does not follow is named with its remedy', () => {
  assert.equal(untoldFailover(pair, [], shown), null);
  assert.equal(
    untoldFailover(pair, [promotion()], shown),
    'failover.shop: spare was promoted at hour 3, and upkeep.yaml still names it as the replica of db: exchange primary and replica, those of its switch too, and give its fence the program that stops spare',
  );
  const failed = { ...promotion(), state: 'failed' } as const;
  assert.equal(untoldFailover(pair, [failed], shown), null, 'nothing was changed');
  assert.equal(untoldFailover(pair, [promotion({ action: 'postgres.vacuum' })], shown), null);
});

test('a fence that was not exchanged with the roles would stop what is to take over', () => {
  const turned = { ...pair, primary: 'spare', replica: 'db' };
  assert.equal(
    untoldFailover(turned, [promotion()], shown),
    'failover.shop: spare was promoted at hour 3, and its fence is still the program that stopped db: the next failover would stop db, which is to take over, and leave spare running; name the program that stops spare',
  );
  assert.equal(untoldFailover({ ...turned, fence: ['fence-spare'] }, [promotion()], shown), null);
  assert.equal(untoldFailover({ ...turned, fence: null }, [promotion()], shown), null);
  const back = promotion({ target: 'db', fences: 'spare', steps: ['fence-spare  # fences spare'] }, 2e12);
  assert.equal(untoldFailover(pair, [promotion(), back], shown), null, 'it was led back since');

  const failed = { ...promotion(), state: 'failed' } as const;
  assert.match(
    staleFence(turned, [failed], shown) ?? '',
    /spare was to be promoted at hour 3, and its fence/,
  );
  const vacuums = promotion({ action: 'postgres.vacuum', steps: ['VACUUM'] });
  assert.equal(staleFence(turned, [vacuums], shown), null);
  const renamed = { ...turned, replica: 'old' };
  assert.equal(staleFence(renamed, [promotion()], shown), null, 'of a server that it does not name');
});
