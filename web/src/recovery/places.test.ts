import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placesOf } from './places.ts';

test('only what the engine can do is offered, with a name that can be taken', () => {
  const names = (into: Parameters<typeof placesOf>[0]['into']) =>
    placesOf({ name: 'shop-eu', into }).map(({ value, usual }) => `${value}: ${usual}`);
  assert.deepEqual(names(['folder']), ['folder: /srv/shop-eu-restored']);
  assert.deepEqual(
    names(['database', 'over']),
    ['database: shop_eu_restored', 'over: '],
    'what destroys nothing is offered first',
  );
});
