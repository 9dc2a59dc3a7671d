import assert from 'node:assert/strict';
import { test } from 'node:test';
import { down, minuteMs, startLoop, toyTarget, up } from '../../test/simulation/loop.ts';
import * as journal from '../store/journal.ts';

test('a resolved incident is learned from once: its times, and advice on a rule that cleared by itself', async () => {
  let isDown = false;
  const loop = await startLoop({ targets: [toyTarget('web')], probe: async () => (isDown ? down : up) });
  const learned = () => journal.list(loop.store.db, { kinds: ['incident.learned'], limit: 10 });
  await loop.pass(minuteMs);
  isDown = true;
  await loop.pass(minuteMs / 2);
  assert.deepEqual(await learned(), [], 'nothing is learned while it is open');
  isDown = false;
  await loop.pass(30 * minuteMs);
  const [entry, ...others] = await learned();
  assert.deepEqual(others, []);
  assert.equal(entry?.payload.acknowledgeMs, null);
  assert.ok(Number(entry?.payload.resolveMs) > 0);
  assert.equal(
    entry?.payload.detectMs,
    10_000,
    'it may have begun right after the last good check, an interval before',
  );
  assert.match(String(entry?.payload.advice), /toy\.down on web cleared by itself within a minute/);
  await loop.end();
});
