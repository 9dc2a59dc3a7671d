import { ownEnd, unreachable } from '../../../machine/unreachable/index.ts';
import { destination, type MysqlConnection } from '../client.ts';

export const unreachableServer = unreachable<MysqlConnection>({
  kind: 'mysql',
  name: 'MySQL',
  next: 'systemctl status mariadb mysql; journalctl -u mariadb -u mysql -n 50; tail -n 50 /var/log/mysql/error.log; df -h',
  endOf: endOfServer,
  destination: (conn) => destination(conn.config),
});

/**
 * The server's own words (mysqld.cc of MySQL 8 and MariaDB 10).
 * @param lines of its log, oldest first
 */
export function endOfServer(lines: readonly string[]) {
  return ownEnd(lines, /ready for connections/, [
    { pattern: /\(initiated by: ([^)]*)\): Normal shutdown/, how: 'was told to stop (by $1)' },
    { pattern: /Normal shutdown|Received SHUTDOWN from user/, how: 'was told to stop' },
    { pattern: /got (?:signal|exception) (\S+?)\s*;/, how: 'crashed (signal $1)' },
    {
      pattern: /\[ERROR\] (?:\[MY-\d+\] (?:\[\w+\] )?)?(?:\S+: )?(Aborting|Can't start server.*)/,
      how: 'did not start again ($1)',
    },
  ]);
}
