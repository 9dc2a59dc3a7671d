import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { type BackupProposal, writeBackups } from './write-backups.ts';

const db: BackupProposal = {
  ...{ target: 'db', engine: 'postgres.logical', isGuess: false, isSilent: false, keepsLog: false },
  ...{ paths: [], lacking: [], advice: [], bytes: 1_000_000, folder: '/b', folderWhy: '9 GiB free there' },
  better: [
    {
      ...{ engine: 'postgres.pgbackrest', keepsLog: true },
      lacking: [{ what: 'archive_mode is off', remedy: 'upkeep backup prepare db' }],
    },
  ],
};

test('what works today is written with the schedule and why; the better engine with what it lacks', () => {
  const text = writeBackups([db]);
  assert.deepEqual(parse(text).backups.db, {
    ...{ of: 'db', engine: 'postgres.logical', to: '/b', at: '03:00' },
    ...{ rpo: '25h', rto: '4h', prove: 'each', keep: '30d' },
  });
  assert.match(text, /# not postgres\.pgbackrest, which would lose 5 minutes instead of a day:/);
  assert.match(text, /# {3}archive_mode is off: upkeep backup prepare db/);
  const large = { ...db, keepsLog: true, bytes: 20 * 2 ** 30 };
  const { prove, rpo } = parse(writeBackups([large])).backups.db;
  assert.deepEqual([prove, rpo], ['monthly', '5m']);
});

test('what lacks something, is a guess or lets nobody in is a comment with the command, whatever stands in it', () => {
  const lacking = [{ what: 'restic is not\n  evil: { of: db }', remedy: 'apt-get install restic' }];
  const silent = { ...db, target: 'other', isSilent: true, lacking };
  const text = writeBackups([{ ...db, lacking }, silent, { ...db, target: 'seen', isGuess: true }]);
  assert.equal(parse(text), null);
  assert.match(text, /# first: restic is not.*: apt-get install restic\n/);
  assert.match(text, /# seen: it merely listens/);
  assert.deepEqual(Object.keys(parse(writeBackups([db, silent])).backups), ['db']);
  assert.equal(writeBackups([]), '');
});
