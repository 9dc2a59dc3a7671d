import { savingDiagnosis } from './saving.ts';

export const snapshotFailing = savingDiagnosis('snapshot', {
  id: 'redis.snapshot-failing',
  title: 'snapshots cannot be written',
  summary: 'Snapshots cannot be written: why, and what that does to writes',
  explains: ['redis.save-failed', 'redis.writes-refused', 'redis.unsaved'],
});

export const appendFailing = savingDiagnosis('append', {
  id: 'redis.append-failing',
  title: 'the append-only file cannot be written',
  summary: 'The append-only file cannot be written: why, and what that does to writes',
  explains: ['redis.append-failed', 'redis.writes-refused'],
});
