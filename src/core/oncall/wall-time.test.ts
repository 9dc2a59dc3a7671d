import assert from 'node:assert/strict';
import { test } from 'node:test';
import { momentText } from './wall-time.ts';

test('a moment inside a sentence says whose clock it is by', () => {
  const at = Date.UTC(2026, 10, 23, 6, 22, 42);
  assert.equal(momentText(at, 'Europe/Berlin'), '2026-11-23 07:22:42 CET');
  assert.equal(momentText(at, 'UTC'), '2026-11-23 06:22:42 UTC');
  assert.equal(momentText(Date.UTC(2026, 6, 1, 22, 30), 'Europe/Berlin'), '2026-07-02 00:30:00 CEST');
});
