import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyNoDrill } from './allowed.ts';

test('a drill needs a declared environment that is not production, and the word of the target itself', () => {
  const name = 'db';
  assert.equal(whyNoDrill({ name, environment: 'staging', allowsDrills: true }), null);
  assert.match(
    whyNoDrill({ name, environment: 'staging' }) ?? '',
    /does not allow drills: write drills: allow/,
  );
  assert.match(whyNoDrill({ name, environment: null, allowsDrills: true }) ?? '', /counts as production/);
  for (const environment of ['production', 'Production', 'prod', 'prod-eu', 'prd', 'live'])
    assert.match(
      whyNoDrill({ name, environment, allowsDrills: true }) ?? '',
      /no drill is ever played in production/,
      environment,
    );
});
