import { unreachable } from '../../../machine/unreachable/index.ts';
import { destination, type TidbConnection } from '../client.ts';

export const unreachableServer = unreachable<TidbConnection>({
  kind: 'tidb',
  name: 'TiDB',
  next: 'curl http://TIDB:10080/status; systemctl status tidb-4000; tail -n 50 tidb.log; dmesg | grep -i oom; # and the other servers behind the load balancer',
  destination: (conn) => destination(conn.config),
});
