/** pgBackRest: a copy of the whole cluster and its log, so that any moment since can be restored; proven by restoring. */

import { existsSync } from 'node:fs';
import type { BackupEngine } from '../../../core/backup/engine.ts';
import type { PostgresConnection } from '../client.ts';
import { describe } from './describe-pgbackrest.ts';
import { applyDeletion, planDeletion } from './expire-pgbackrest.ts';
import { startInPlan } from './look-into.ts';
import { needsOf } from './needs.ts';
import { heldOf, readInfo, statesOf } from './pgbackrest-info.ts';
import { existing } from './pgbackrest-repository.ts';
import { preparationOf } from './prepare.ts';
import { prove } from './prove-pgbackrest.ts';
import { planRestore, restore } from './restore-pgbackrest.ts';
import { take } from './take-pgbackrest.ts';
import { twin } from './twin-pgbackrest.ts';

export const pgbackrestEngine: BackupEngine<PostgresConnection> = {
  id: 'postgres.pgbackrest',
  summary:
    'pgBackRest: full, differential and incremental copies of the cluster with its log, so that any moment since can be restored; proven by restoring into a scratch server and comparing',
  privileges: [
    'GRANT pg_monitor TO upkeep;       -- to see the folder of the server and how it archives',
    'GRANT pg_read_all_data TO upkeep; -- to count the rows that a restore must bring back',
    '-- pgBackRest itself runs as the owner of the data folder: run Upkeep on that machine as postgres or as root',
  ].join('\n'),
  programs: [
    { name: 'pgbackrest', apt: 'pgbackrest' },
    { name: 'postgres', apt: 'postgresql' },
    { name: 'pg_checksums', apt: 'postgresql' },
    { name: 'pg_amcheck', apt: 'postgresql-client' },
  ],
  keepsLog: true,
  restoresInto: ['folder'],
  elsewhere:
    'give it a second repository in a bucket or on another machine: repo2-type=s3 … in FOLDER/pgbackrest/conf.d/second.conf, as docs/guide/backups.md shows',
  putInPlace: startInPlan('/srv/restored/data'),
  take,
  describe,
  needs: needsOf('postgres.pgbackrest'),
  ...preparationOf('postgres.pgbackrest'),
  prove,
  twin,
  planRestore,
  restore,
  planDeletion,
  applyDeletion,
  async list(_conn, { folder }, ctx) {
    if (!existsSync(folder)) return [];
    const { backups } = await readInfo(existing(folder), ctx);
    return backups.map(heldOf);
  },
  async repositories(_conn, { folder }, ctx) {
    return statesOf(await readInfo(existing(folder), ctx));
  },
};
