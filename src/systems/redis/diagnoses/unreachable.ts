import { ownEnd, unreachable } from '../../../machine/unreachable/index.ts';
import { destination, type RedisConnection } from '../client.ts';

export const unreachableServer = unreachable<RedisConnection>({
  kind: 'redis',
  name: 'Redis',
  next: 'systemctl status redis-server; tail -n 50 /var/log/redis/*.log',
  endOf: endOfServer,
  destination: (conn) => destination(conn.config),
});

/**
 * The server's own words (server.c, debug.c, rdb.c, aof.c).
 * @param lines of its log, oldest first
 */
export function endOfServer(lines: readonly string[]) {
  return ownEnd(lines, /[Rr]eady to accept connections/, [
    { pattern: /Received (SIG\w+)/, how: 'was told to stop ($1)' },
    { pattern: /User requested shutdown/, how: 'was told to stop (by a client)' },
    { pattern: /crashed by signal: (\d+)/, how: 'crashed (signal $1)' },
    {
      pattern: /# (Bad file format|Fatal error loading|Can't open|Wrong signature|Out Of Memory)/,
      how: 'ended ($1)',
    },
  ]);
}
