import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeDisk } from '../../../bench/disk-alerts.ts';
import { kinds, simulate } from '../../../bench/filling-disks.ts';
import { forecast } from './exhaustion.ts';
import { theilSen } from './robust-slope.ts';

const hour = 3_600_000;
const day = 24 * hour;
const start = 20_000 * day;
const limit = 100;

/** A point in five minutes for so many days. */
function usage(days: number, value: (hours: number) => number) {
  return Array.from({ length: days * 288 + 1 }, (_, i) => ({
    at: start + i * 300_000,
    value: value(i / 12),
  }));
}
function said(points: ReturnType<typeof usage>, now = points.at(-1)?.at ?? 0) {
  return forecast(points, limit, now);
}

test('a steady fill is dated to within hours, and the band holds the date', () => {
  const found = said(usage(10, (hours) => 40 + hours / 5));
  assert.equal(found.kind, 'full-at');
  if (found.kind !== 'full-at') return;
  const truth = start + 300 * hour;
  assert.equal(found.pace, 'slow');
  assert.ok(Math.abs(found.at - truth) < 2 * hour, `${(found.at - truth) / hour} h off`);
  assert.ok(found.earliest <= found.at && (found.latest ?? truth) >= found.at);
  assert.ok(Math.abs(found.perHour - 0.2) < 0.01);
});

test('a saw-tooth is not filling, at any hour of its week', () => {
  const points = usage(14, (hours) => 60 + (hours % 24));
  for (let i = 8 * 288; i < points.length; i += 7) {
    assert.equal(said(points.slice(0, i + 1)).kind, 'not-filling', `point ${i}`);
  }
});

test('a runaway is found within the hour although the week was flat', () => {
  const points = usage(9, (hours) => 40 + Math.max(0, hours - 215) * 10);
  const found = said(points);
  assert.equal(found.kind, 'full-at');
  if (found.kind === 'full-at') {
    assert.equal(found.pace, 'runaway');
    assert.ok(Math.abs(found.at - (start + 221 * hour)) < hour / 2);
  }
});

test('what cannot be known is unknown and says why', () => {
  const points = usage(9, (hours) => 40 + hours / 5);
  assert.deepEqual(forecast([], limit, start), {
    kind: 'unknown',
    reason: 'nothing was measured in the last eight days',
  });
  assert.deepEqual(said(points, start + 9 * day + 2 * hour).kind, 'unknown');
  assert.deepEqual(said(points.slice(0, 288)), { kind: 'unknown', reason: 'less than two days are known' });
  assert.deepEqual(forecast(points, 0, start + 9 * day), {
    kind: 'unknown',
    reason: 'the limit is not known',
  });
});

test('a step is no slope, however long it was flat before, on whichever level', () => {
  const noise = fc.constantFrom(0, 0.2);
  fc.assert(
    fc.property(
      fc.integer({ min: 30, max: 200 }),
      fc.integer({ min: 35, max: 98 }),
      noise,
      (flat, level, by) => {
        const stepped = usage(flat / 24 + 4, (t) => (t < flat ? 30 : level) + by * Math.sin(t));
        for (let later = 1; later < 96; later += 5) {
          const now = start + (flat + later) * hour;
          const found = forecast(
            stepped.filter(({ at }) => at <= now),
            100,
            now,
          );
          assert.notEqual(found.kind, 'full-at', `${flat} h flat, ${later} h later`);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('what is full is full now', () => {
  const found = said(usage(1, () => 100));
  assert.ok(found.kind === 'full-at' && found.at === start + day && found.pace === 'full');
});

test('on simulated disks everything is found early and hardly anything else', () => {
  const verdicts = Object.keys(kinds).flatMap((kind) =>
    [11, 12].map((seed) =>
      judgeDisk(
        simulate(kind, seed),
        (points, i) => {
          const now = points[i]?.at ?? 0;
          const found = forecast(points.slice(Math.max(0, i - 2_304), i + 1), 1, now);
          return found.kind === 'full-at' && found.at - now <= 54 * hour;
        },
        6,
      ),
    ),
  );
  const filling = verdicts.filter((one) => one.detected !== null);
  assert.ok(filling.length >= 6);
  assert.ok(filling.every((one) => one.detected));
  const leads = filling.map((one) => one.leadHours ?? 0).sort((a, b) => a - b);
  assert.ok((leads[leads.length >> 1] ?? 0) > 40);
  const weeks = verdicts.reduce((sum, one) => sum + one.weeks, 0);
  const falseAlerts = verdicts.reduce((sum, one) => sum + one.falseAlerts, 0);
  assert.ok(falseAlerts / weeks <= 0.12, `${falseAlerts} in ${weeks} weeks`);
});

test('whatever was measured, dates lie ahead, in order, and are numbers', () => {
  const step = fc.tuple(fc.integer({ min: 1, max: 4 * hour }), fc.double({ min: -10, max: 110 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      let at = start;
      const points = steps.map(([gap, value]) => {
        at += gap;
        return { at, value };
      });
      const found = forecast(points, limit, at);
      if (found.kind !== 'full-at') return assert.ok(found.reason.length > 0);
      assert.ok(found.at >= at && found.earliest >= at && found.earliest <= found.at);
      assert.ok(found.latest === null || found.latest >= found.at);
    }),
  );
});

test('a slope is not turned by a fifth of wild points', () => {
  const points = Array.from({ length: 30 }, (_, i) => ({
    at: i,
    value: i % 5 === 0 ? 1_000 * (i % 2) : 2 * i,
  }));
  const found = theilSen(points);
  assert.ok(found && Math.abs(found.slope - 2) < 0.3);
  assert.equal(theilSen([{ at: 1, value: 1 }]), null);
});
