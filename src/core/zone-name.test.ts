import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zoneName } from './zone-name.ts';

const summer = Date.UTC(2026, 6, 1);
const winter = Date.UTC(2026, 11, 1);

test('a zone goes by the short name that its people use, of the season', () => {
  assert.equal(zoneName(winter, 'Australia/Sydney'), 'AEDT');
  assert.equal(zoneName(summer, 'Australia/Sydney'), 'AEST');
  assert.equal(zoneName(winter, 'Europe/Berlin'), 'CET');
  assert.equal(zoneName(summer, 'Europe/London'), 'BST');
  assert.equal(zoneName(winter, 'America/New_York'), 'EST');
  assert.equal(zoneName(winter, 'Pacific/Auckland'), 'NZDT');
  assert.equal(zoneName(winter, 'Asia/Kolkata'), 'IST');
  assert.equal(zoneName(winter, 'UTC'), 'UTC');
});

test('one without a short name goes by its place', () => {
  assert.equal(zoneName(winter, 'Pacific/Noumea'), 'Pacific/Noumea (UTC+11)');
  assert.equal(zoneName(winter, 'Asia/Kathmandu'), 'Asia/Kathmandu (UTC+5:45)');
  assert.equal(zoneName(winter, 'Etc/GMT+5'), 'UTC-5');
});
