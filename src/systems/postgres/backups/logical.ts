/** pg_dump in a snapshot whose content was counted and summed, proven by restoring it and counting again. */
import type { BackupEngine } from '../../../core/backup/engine.ts';
import type { PostgresConnection } from '../client.ts';
import { needsOf } from './needs.ts';
import { prove } from './prove-logical.ts';
import { planRestore, restore } from './restore-logical.ts';
import { take } from './take-logical.ts';
import { clearRestore } from './unfinished-database.ts';

export const logical: BackupEngine<PostgresConnection> = {
  id: 'postgres.logical',
  summary:
    'pg_dump of the database with the rows and checksums of every table taken in the same snapshot; proven by restoring it into a scratch server and comparing',
  privileges:
    'GRANT pg_read_all_data TO upkeep; -- roles and their grants: pg_dumpall --roles-only needs no more. To restore: ALTER ROLE upkeep CREATEDB and, for each role that owns what it holds, GRANT THAT ROLE TO upkeep (backup needs names them); over the living database also GRANT OWNER OF THE DATABASE TO upkeep, pg_signal_backend TO upkeep',
  programs: [
    { name: 'pg_dump', apt: 'postgresql-client' },
    { name: 'pg_restore', apt: 'postgresql-client' },
    { name: 'initdb', apt: 'postgresql' },
    { name: 'pg_amcheck', apt: 'postgresql-client' },
  ],
  restoresInto: ['database', 'over'],
  take,
  needs: needsOf('postgres.logical'),
  prove,
  planRestore,
  restore,
  clearRestore,
};
