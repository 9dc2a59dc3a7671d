import assert from 'node:assert/strict';
import { test } from 'node:test';
import { down, minuteMs, startLoop, toyTarget, up } from '../../test/simulation/loop.ts';

const guess = toyTarget('db', { isGuess: true });

test('what discovery saw and what never answered is told at the lowest level, in words that say so', async () => {
  const loop = await startLoop({ targets: [guess, toyTarget('web')], probe: async () => down });
  await loop.pass(minuteMs);
  assert.deepEqual(
    (await loop.incidents()).map(({ title, level }) => [title, level]).sort(),
    [
      ['db: was seen by discovery, never answered', 'low'],
      ['web: is down', 'critical'],
    ],
    'what is declared is no guess',
  );
  await loop.end();
});

test('once it has answered it is a target like any other, also of the alert that it had as a guess', async () => {
  let outcome = down;
  const loop = await startLoop({
    targets: [guess],
    probe: async () => outcome,
    configuration: { incidents: { recoverForMs: minuteMs, reopenWithinMs: 0 } },
  });
  await loop.pass(minuteMs);
  outcome = up;
  await loop.pass(5 * minuteMs);
  outcome = down;
  await loop.pass(minuteMs);
  assert.deepEqual(
    (await loop.incidents())
      .toSorted((a, b) => a.openedAt - b.openedAt)
      .map(({ title, level, status }) => [title, level, status]),
    [
      ['db: was seen by discovery, never answered', 'low', 'resolved'],
      ['db: is down', 'critical', 'open'],
    ],
  );
  await loop.end();
});

test('what runs in a terminal may end at any time: nobody is called for it, though it has answered', async () => {
  let outcome = up;
  const loop = await startLoop({
    targets: [toyTarget('vite', { isGuess: true, isPassing: true })],
    probe: async () => outcome,
  });
  await loop.pass(minuteMs);
  outcome = down;
  await loop.pass(minuteMs);
  assert.deepEqual(
    (await loop.incidents()).map(({ title, level }) => [title, level]),
    [['vite: ran in a terminal when discovery saw it, and is gone', 'low']],
  );
  await loop.end();
});
