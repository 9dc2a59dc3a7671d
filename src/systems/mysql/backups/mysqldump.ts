/** A dump in the same snapshot in which rows were counted and summed, proven by restoring it and counting again. */
import type { BackupEngine } from '../../../core/backup/engine.ts';
import type { MysqlConnection } from '../client.ts';
import { dataNeeds } from './needs.ts';
import { prove } from './prove-dump.ts';
import { clearRestore, planRestore, restore } from './restore-dump.ts';
import { take } from './take-dump.ts';

export const mysqldump: BackupEngine<MysqlConnection> = {
  id: 'mysql.mysqldump',
  summary:
    'mariadb-dump or mysqldump of the database with the rows and checksums of every table taken in a snapshot of the same moment; proven by restoring it into a scratch server and comparing',
  privileges:
    'GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES ON shop.* TO upkeep; GRANT SELECT ON mysql.proc TO upkeep; -- in MySQL instead of the last: GRANT SHOW_ROUTINE ON *.*',
  programs: [
    { name: 'mariadb-dump', apt: 'mariadb-client' },
    { name: 'mariadb', apt: 'mariadb-client' },
    { name: 'mariadbd', apt: 'mariadb-server' },
  ],
  restoresInto: ['folder', 'database'],
  putInPlace: 'lead the application to the new database, or rename it',
  take,
  prove,
  planRestore,
  restore,
  clearRestore,
  needs: dataNeeds,
};
