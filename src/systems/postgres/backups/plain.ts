/** pg_basebackup and the log that follows it, with the server's own tools alone: for releases that pgBackRest here does not know. */
import type { BackupEngine } from '../../../core/backup/engine.ts';
import type { PostgresConnection } from '../client.ts';
import { logFlaw } from './check-plain-log.ts';
import { startInPlan } from './look-into.ts';
import { needsOf } from './needs.ts';
import { follow } from './plain-log.ts';
import { preparationOf } from './prepare.ts';
import { prove } from './prove-plain.ts';
import { clearRestore, planRestore, restore } from './restore-plain.ts';
import { take } from './take-plain.ts';
import { applyLogDeletion, planLogDeletion } from './trim-plain-log.ts';

export const plain: BackupEngine<PostgresConnection> = {
  id: 'postgres.plain',
  summary:
    'pg_basebackup of the whole cluster and its log by pg_receivewal, so that any moment since can be restored; proven by restoring into a scratch server',
  privileges: [
    'ALTER ROLE upkeep REPLICATION;    -- to copy and to read the log; and in pg_hba.conf: host replication upkeep ADDRESS scram-sha-256',
    'GRANT pg_read_all_data TO upkeep; -- to count the rows that a restore must bring back',
  ].join('\n'),
  programs: [
    { name: 'pg_basebackup', apt: 'postgresql-client' },
    { name: 'pg_receivewal', apt: 'postgresql-client' },
    { name: 'pg_verifybackup', apt: 'postgresql' },
    { name: 'pg_checksums', apt: 'postgresql' },
    { name: 'pg_amcheck', apt: 'postgresql-client' },
  ],
  keepsLog: true,
  restoresInto: ['folder'],
  putInPlace: startInPlan('/srv/restored'),
  take,
  needs: needsOf('postgres.plain'),
  ...preparationOf('postgres.plain'),
  prove,
  planRestore,
  restore,
  clearRestore,
  follow,
  logFlaw,
  planLogDeletion,
  applyLogDeletion,
};
