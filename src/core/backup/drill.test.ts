import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseMoment } from './drill.ts';

const hour = 3_600_000;
const times = fc.array(fc.integer({ min: 0, max: 100 * hour }), { maxLength: 8 });
const share = fc.double({ min: 0, max: 0.999999, noNaN: true });

test('the moment lies in the last day, is covered, and the backup was whole before it', () => {
  let chosen = 0;
  fc.assert(
    fc.property(times, fc.integer({ min: 0, max: 110 * hour }), share, share, (ends, covered, a, b) => {
      const now = 100 * hour;
      const known = 80 * hour;
      const backups = ends.map((endedAt, index) => ({ id: `${index}`, endedAt }));
      const rolls = [a, b];
      const choice = chooseMoment(backups, known, covered, now, () => rolls.shift() ?? 0);
      const couldBe = ends.some((at) => Math.max(at, known, now - 24 * hour) < Math.min(covered, now));
      assert.equal(choice !== null, couldBe);
      if (choice === null) return;
      chosen += 1;
      assert.ok(choice.until <= covered && choice.until <= now && choice.until >= known);
      assert.ok(choice.backup.endedAt <= choice.until);
      const newer = ends.filter((at) => at > choice.backup.endedAt && at <= choice.until);
      assert.ok(newer.length < 3, 'weeks of log would be replayed');
    }),
    { numRuns: 3_000 },
  );
  assert.ok(chosen > 300);
});

test('not always the newest, and every moment may be asked for', () => {
  const backups = [10, 40, 70].map((at) => ({ id: `${at}`, endedAt: at * hour }));
  const choices = Array.from({ length: 300 }, (_, index) => {
    const rolls = [(index % 30) / 30, Math.floor(index / 30) / 10];
    return chooseMoment(backups, 0, 94 * hour, 94 * hour, () => rolls.shift() ?? 0);
  });
  assert.deepEqual([...new Set(choices.map((one) => one?.backup.id))].sort(), ['10', '40', '70']);
  const moments = choices.map((one) => one?.until ?? 0);
  assert.ok(Math.min(...moments) < 71 * hour && Math.max(...moments) > 92 * hour);
});
