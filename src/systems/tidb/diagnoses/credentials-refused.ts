import { credentialsRefused as refused } from '../../../protocols/mysql/credentials-refused.ts';
import { address, type TidbConnection } from '../client.ts';
import type { Db } from '../session.ts';

export const credentialsRefused = refused<TidbConnection, Db>({
  kind: 'tidb',
  name: 'TiDB',
  session: ({ quick }) => quick,
  address: ({ config }) => address(config),
});
