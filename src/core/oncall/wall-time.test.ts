import assert from 'node:assert/strict';
import { test } from 'node:test';
import { momentText, parseInstant, parseWall } from './wall-time.ts';

test('a moment inside a sentence says whose clock it is by', () => {
  const at = Date.UTC(2026, 10, 23, 6, 22, 42);
  assert.equal(momentText(at, 'Europe/Berlin'), '2026-11-23 07:22:42 CET');
  assert.equal(momentText(at, 'UTC'), '2026-11-23 06:22:42 UTC');
  assert.equal(momentText(Date.UTC(2026, 6, 1, 22, 30), 'Europe/Berlin'), '2026-07-02 00:30:00 CEST');
});

test('a time of ISO 8601 is read with seconds, with a zone or without', () => {
  const at = Date.UTC(2026, 10, 23, 14, 0, 5);
  for (const text of [
    '2026-11-23T14:00:05Z',
    ' 2026-11-23T14:00:05.000Z ',
    '2026-11-23T15:00:05+01:00',
    '20261123T140005Z',
    '2026-11-23 14:00:05',
    '2026-11-23T14:00:05',
  ])
    assert.equal(parseInstant(text, 'UTC'), at, text);
  for (const text of ['', '1', 'soon', '2026-11-31T14:00', '2026-11-23T25:00Z', '14:00'])
    assert.equal(parseInstant(text, 'UTC'), undefined, text);
});

test('a wall time stays what was written, and one with a zone becomes that of the zone asked for', () => {
  const wall = (text: string) => parseWall(text, 'Europe/Berlin');
  assert.equal(wall('2026-12-01T03:00'), '2026-12-01T03:00');
  assert.equal(wall('2026-12-01 03:00:00'), '2026-12-01T03:00');
  assert.equal(wall('2026-12-01T03:00:05'), '2026-12-01T03:00:05');
  assert.equal(wall('2026-11-23T14:00:05Z'), '2026-11-23T15:00:05');
  assert.equal(wall('2026-11-23T23:30:00.250Z'), '2026-11-24T00:30');
  assert.equal(wall('2026-03-29T02:30'), '2026-03-29T02:30', 'a repeated window keeps its hour');
  assert.equal(wall('2026-12-01'), undefined, 'a window begins at an hour');
  assert.equal(wall('tomorrow'), undefined);
});
