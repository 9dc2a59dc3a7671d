import { unreachable } from '../../../machine/unreachable/index.ts';
import { destination, type PostgresConnection } from '../client.ts';

export const unreachableServer = unreachable<PostgresConnection>({
  kind: 'postgres',
  name: 'PostgreSQL',
  next: 'pg_lsclusters; systemctl status "postgresql*"; tail -n 50 /var/log/postgresql/*.log; df -h',
  destination: (conn) => destination(conn.config),
});
