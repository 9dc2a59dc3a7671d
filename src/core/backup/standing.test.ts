import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offsiteStandingOf } from './offsite-standing.ts';
import { secondStandingOf } from './second-standing.ts';
import type { BackupSettings } from './settings.ts';
import { standingOf } from './standing.ts';
import type { BackupView } from './view.ts';

const hour = 3_600_000;

test('with the log kept, a copy of yesterday is not late because of an objective of minutes', () => {
  const plan: BackupSettings = {
    ...{ name: 'shop', target: 'db', engine: 'postgres.plain', folder: '/b', at: '03:00', prove: 'each' },
    ...{ keepMs: 720 * hour, rpoMs: hour / 12, rtoMs: hour, smoke: [], keepsLog: true },
  };
  const { keepsLog: _kept, ...without } = plan;
  const known = [
    {
      ...{ state: 'good', startedAt: 0, proofs: [] },
      ...{ copyOf: null, repository: 'local' },
    } as unknown as BackupView,
  ];
  assert.equal(standingOf(plan, known, 20 * hour).late, null);
  assert.match(standingOf(plan, known, 27 * hour).late ?? '', /replays all the log since/);
  assert.match(standingOf(without, known, 20 * hour).late ?? '', /no more than 5 m may be lost/);
});

test('a proof counts for nothing once a later look at the same backup failed; that of another still does', () => {
  const plan: BackupSettings = {
    ...{ name: 'cache', target: 'cache', engine: 'redis.rdb', folder: '/b', at: '03:00', prove: 'each' },
    ...{ keepMs: 720 * hour, rpoMs: 25 * hour, rtoMs: hour, smoke: [] },
  };
  const proof = (at: number, isGood: boolean) => ({
    ...{ at, isGood, level: isGood ? 5 : null, restoredInMs: 74 },
    looks: [{ level: isGood ? 5 : 1, good: isGood, detail: 'dump.rdb has another checksum' }],
  });
  const backup = (startedAt: number, ...proofs: object[]) =>
    ({
      ...{ state: 'good', startedAt, proofs, copyOf: null, repository: 'local' },
    }) as unknown as BackupView;
  const damaged = backup(3 * hour, proof(4 * hour, true), proof(5 * hour, false));
  assert.equal(standingOf(plan, [damaged], 6 * hour).proven, null);
  const sound = backup(hour, proof(2 * hour, true));
  assert.equal(standingOf(plan, [damaged, sound], 6 * hour).proven?.at, 2 * hour);
  assert.match(standingOf(plan, [damaged, sound], 6 * hour).notProven ?? '', /another checksum/);
  const second = { ...damaged, repository: 'repo2' };
  assert.equal(secondStandingOf('repo2', [second], 6 * hour, null).proven, null);
  const copy = { ...damaged, copyOf: 'x', endedAt: 4 * hour };
  assert.equal(offsiteStandingOf(plan, [copy], 6 * hour, null).proven, null);
});
