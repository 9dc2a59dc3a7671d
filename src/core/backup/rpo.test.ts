import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { expectedAt, type Heartbeat, newestHistory, recoveryPoint, withBeat } from './rpo.ts';

const segmentBytes = 16 * 1024 ** 2;
const s = 1_000;
const day = 86_400 * s;

test('what was committed after the newest confirmed heartbeat is lost, and nothing before it', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('commit'), bytes: fc.integer({ min: 100, max: 20_000_000 }) }),
    fc.record({ kind: fc.constant('noise'), bytes: fc.integer({ min: 1, max: 20_000_000 }) }),
    fc.record({ kind: fc.constant('beat'), bytes: fc.constant(0) }),
    fc.record({ kind: fc.constant('archive'), bytes: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 5_000 }), (steps, later) => {
      let [now, lsn, writes, confirmed] = [0, segmentBytes, 700, segmentBytes];
      let beats: Heartbeat[] = [{ at: 0, lsn, writes }];
      const commits: { at: number; lsn: number }[] = [];
      for (const { kind, bytes } of steps) {
        now += s;
        lsn += bytes;
        if (kind === 'commit') commits.push({ at: now, lsn });
        if (kind === 'commit') writes += 1;
        if (kind === 'beat') beats = withBeat(beats, { at: now, lsn, writes }, day);
        if (kind === 'archive') confirmed = Math.floor(lsn / segmentBytes) * segmentBytes;
      }
      const point = recoveryPoint(beats, { lsn: confirmed, at: 0, segmentBytes }, now + later);
      const lost = commits.filter((commit) => commit.lsn > confirmed);
      assert.ok(point);
      assert.ok(
        lost.every(({ at }) => at > point.at),
        'says that a commit is safe which the repository does not have',
      );
      const sure = beats.findLast((beat) => beat.lsn <= confirmed)?.at ?? 0;
      assert.ok(point.at >= sure, 'the log of a later heartbeat is confirmed');
      const isIdle = commits.every((commit) => commit.at <= sure);
      assert.ok(!isIdle || point.at === beats.at(-1)?.at, 'nobody wrote since, and yet it grows old');
      assert.equal(point.ageMs, now + later - point.at);
    }),
    { numRuns: 3_000 },
  );
});

const at = (time: number, lsn: number, writes = 7): Heartbeat => ({ at: time, lsn, writes });

test('an idle server loses nothing, however old its last file is', () => {
  const beats = [at(0, 1_000), at(30 * s, 1_300), at(60 * s, 1_600)];
  assert.equal(recoveryPoint(beats, { lsn: 1_000, at: 0, segmentBytes }, 61 * s)?.ageMs, s);
  const known = recoveryPoint(beats.slice(1), { lsn: 1_000, at: -9 * day, segmentBytes }, 61 * s);
  assert.equal(known?.ageMs, s, 'a page of log that nobody wrote to is no loss after a start of ours');
});

test('an archiver that hangs is older with every heartbeat, also when Upkeep was not there when it began', () => {
  const beats = [at(0, 1_000, 7), at(30 * s, 9_000_000, 8), at(60 * s, 40_000_000, 9)];
  assert.equal(recoveryPoint(beats, { lsn: 2_000, at: 0, segmentBytes }, 70 * s)?.ageMs, 70 * s);
  const late = recoveryPoint(beats.slice(2), { lsn: 2_000, at: -600 * s, segmentBytes }, 70 * s);
  assert.equal(late?.ageMs, 670 * s, 'a whole file waits since the last that went');
  const switched = [at(60 * s, segmentBytes * 2)];
  const waits = recoveryPoint(switched, { lsn: segmentBytes, at: -600 * s, segmentBytes }, 70 * s);
  assert.equal(waits?.ageMs, 670 * s, 'a file that was just switched is one whole file, and waits too');
  const never = recoveryPoint(beats.slice(1), { lsn: 0, at: null, segmentBytes }, 70 * s);
  assert.equal(never?.ageMs, 40 * s, 'nothing was ever archived: since we look');
  assert.equal(recoveryPoint([], { lsn: 0, at: null, segmentBytes }, 1), null);
});

test('heartbeats of another history, and old ones, are dropped', () => {
  assert.deepEqual(withBeat([at(0, 500), at(s, 600)], at(2 * s, 550), day), [at(2 * s, 550)]);
  assert.deepEqual(newestHistory([at(0, 500), at(s, 400), at(2 * s, 450)]), [at(s, 400), at(2 * s, 450)]);
  assert.deepEqual(newestHistory([at(0, 500), at(s, 600)]), [at(0, 500), at(s, 600)]);
  assert.deepEqual(withBeat([at(0, 500), at(s, 600)], at(2 * s, 700), s), [at(s, 600), at(2 * s, 700)]);
});

test('a restore must have come to the heartbeat before its moment, and not past the one after', () => {
  const beats = [at(0, 500), at(30 * s, 600), at(60 * s, 700)];
  assert.deepEqual(expectedAt(beats, 45 * s), { reached: beats[1], before: beats[2] });
  assert.deepEqual(expectedAt(beats, 60 * s), { reached: beats[2], before: null });
  assert.equal(expectedAt(beats, -1), null);
});
