import { credentialsRefused as refused } from '../../../protocols/mysql/credentials-refused.ts';
import { address, type MysqlConnection } from '../client.ts';
import type { Db } from '../session.ts';

export const credentialsRefused = refused<MysqlConnection, Db>({
  kind: 'mysql',
  name: 'MySQL',
  session: ({ quick }) => quick,
  address: ({ config }) => address(config),
});
