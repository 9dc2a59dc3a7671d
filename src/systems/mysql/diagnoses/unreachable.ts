import { unreachable } from '../../../machine/unreachable/index.ts';
import { destination, type MysqlConnection } from '../client.ts';

export const unreachableServer = unreachable<MysqlConnection>({
  kind: 'mysql',
  name: 'MySQL',
  next: 'systemctl status mariadb mysql; journalctl -u mariadb -u mysql -n 50; tail -n 50 /var/log/mysql/error.log; df -h',
  destination: (conn) => destination(conn.config),
});
