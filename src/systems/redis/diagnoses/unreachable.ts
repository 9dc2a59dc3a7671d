import { unreachable } from '../../../machine/unreachable/index.ts';
import { destination, type RedisConnection } from '../client.ts';

export const unreachableServer = unreachable<RedisConnection>({
  kind: 'redis',
  name: 'Redis',
  next: 'systemctl status redis-server; tail -n 50 /var/log/redis/*.log',
  destination: (conn) => destination(conn.config),
});
