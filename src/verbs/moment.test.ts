import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pastMoment, spanBack } from './moment.ts';

const now = Date.UTC(2026, 10, 23, 14, 0, 5);
const hourMs = 3_600_000;

test('a moment of the past is so long ago, or a time with seconds and zone, or one on the clock of the team', () => {
  const read = (text: string) => pastMoment('from', text, 'Europe/Berlin', now);
  assert.equal(read('2h'), now - 2 * hourMs);
  assert.equal(read('2h ago'), now - 2 * hourMs);
  assert.equal(read('now'), now);
  assert.equal(read('2026-11-23T12:00:05Z'), now - 2 * hourMs);
  assert.equal(read('2026-11-23T13:00:05+01:00'), now - 2 * hourMs);
  assert.equal(read('2026-11-23 13:00:05'), now - 2 * hourMs);
  assert.equal(read(String(now)), now);
});

test('what is no time is refused by the name of the input, with examples of what is one', () => {
  for (const text of ['', '5', 'yesterday', '2026-02-31', 'Nov 23'])
    assert.throws(
      () => pastMoment('from', text, 'UTC', now),
      {
        message: `from: ${JSON.stringify(text)} is no time; write 7d (so long ago), 2026-12-01T03:00:00Z, or 2026-12-01 03:00 on the clock of UTC`,
      },
      text,
    );
});

test('how far back is a duration or a moment before now', () => {
  assert.equal(spanBack('since', '7d', 'UTC', now), 7 * 24 * hourMs);
  assert.equal(spanBack('since', '2026-11-23T13:00:05Z', 'UTC', now), hourMs);
  for (const text of ['0s', '2026-12-01T03:00:00Z'])
    assert.throws(
      () => spanBack('since', text, 'UTC', now),
      { message: /^since: .* is not in the past/ },
      text,
    );
});
