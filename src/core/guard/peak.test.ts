import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBusyHour } from './peak.ts';

const hourMs = 3_600_000;
const monday = Date.parse('2026-03-02T00:00:00Z');
const office = (hours: number) => {
  const at = Array.from({ length: hours }, (_, index) => monday + index * hourMs);
  return {
    at,
    value: at.map((one) => (new Date(one).getUTCHours() >= 9 && new Date(one).getUTCHours() < 17 ? 100 : 10)),
  };
};

test('busy hours are those above the average of the week; less than a week tells nothing', () => {
  const rates = [office(14 * 24)];
  assert.equal(isBusyHour(rates, monday + 10 * hourMs, 'UTC'), true);
  assert.equal(isBusyHour(rates, monday + 3 * hourMs, 'UTC'), false);
  assert.equal(isBusyHour(rates, monday + 3 * hourMs, 'Australia/Sydney'), false);
  assert.equal(isBusyHour([office(72)], monday + 10 * hourMs, 'UTC'), null);
  assert.equal(isBusyHour([], monday, 'UTC'), null);
});
