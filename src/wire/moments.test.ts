import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockTime, onTheirClock } from './moments.ts';

const at = '2026-01-01T23:32:05.000Z';

test('a moment is written on the clock of the team, with the zone, and with its day where that is another', () => {
  assert.equal(clockTime(at, at), '23:32:05 UTC');
  assert.equal(clockTime(at, at, 'Europe/Berlin'), '00:32:05 CET');
  assert.equal(clockTime(at, at, 'Australia/Sydney'), '10:32:05 AEDT');
  assert.equal(clockTime('2026-01-01T22:00:00Z', at, 'Europe/Berlin'), '2026-01-01 23:00:00 CET');
  assert.equal(clockTime('2026-07-01T22:00:00Z', at, 'Europe/Berlin'), '2026-07-02 00:00:00 CEST');
});

test('moments within a text are too, and nothing else is touched', () => {
  const text = `down since ${at}, the log says 2026-01-01T22:00:00.123456Z (build 2026-01-01)`;
  assert.equal(
    onTheirClock(text, at, 'Europe/Berlin'),
    'down since 00:32:05 CET, the log says 2026-01-01 23:00:00 CET (build 2026-01-01)',
  );
  assert.equal(onTheirClock('at 2026-99-99T99:99:99Z', at, 'Europe/Berlin'), 'at 2026-99-99T99:99:99Z');
});
