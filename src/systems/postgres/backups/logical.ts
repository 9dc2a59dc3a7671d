/** pg_dump in a snapshot whose content was counted and summed, proven by restoring it and counting again. */
import { defineEngine } from './define.ts';
import { prove } from './prove-logical.ts';
import { take } from './take-logical.ts';

export const logical = defineEngine({
  id: 'postgres.logical',
  summary:
    'pg_dump of the database with the rows and checksums of every table taken in the same snapshot; proven by restoring it into a scratch server and comparing',
  privileges:
    'GRANT pg_read_all_data TO upkeep; -- roles and their grants: pg_dumpall --roles-only needs no more',
  programs: [
    { name: 'pg_dump', apt: 'postgresql-client' },
    { name: 'pg_restore', apt: 'postgresql-client' },
    { name: 'initdb', apt: 'postgresql' },
    { name: 'pg_amcheck', apt: 'postgresql-client' },
  ],
  take,
  prove,
});
