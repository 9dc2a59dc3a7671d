import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClockSync } from '../../../machine/clock-sync.ts';
import { lackOf } from './clock.ts';

const nobody = { kind: 'unknown', why: 'none of chronyc, ntpq and timedatectl answers' } as const;
const silent = { kind: 'unknown', why: 'ntp.example:123 did not answer' } as const;
const yesOrNo: ClockSync = {
  kind: 'known',
  isSynchronised: true,
  offsetSeconds: undefined,
  by: 'timedatectl',
};

test('a program that is lacking is told once, for all that it would tell', () => {
  assert.deepEqual(lackOf(nobody, undefined), [
    {
      metrics: ['host.clock.synchronised', 'host.clock.offset'],
      reason: nobody.why,
      remedy: 'apt-get install chrony',
    },
  ]);
});

test('a time server that does not answer is another lack, unless the clock tells its offset by itself', () => {
  assert.deepEqual(
    lackOf(nobody, silent).map(({ metrics, reason }) => [metrics, reason]),
    [
      [['host.clock.synchronised'], nobody.why],
      [['host.clock.offset'], silent.why],
    ],
  );
  assert.deepEqual(
    lackOf(yesOrNo, undefined).map(({ reason }) => reason),
    ['timedatectl does not tell how far the clock is off'],
  );
  assert.deepEqual(lackOf({ ...yesOrNo, offsetSeconds: 0.001 }, silent), []);
});
