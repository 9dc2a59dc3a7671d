import type { Diagnosis } from '../../../core/system.ts';
import { isPlainPath, ownEnd, unreachable } from '../../../machine/unreachable/index.ts';
import { destination, type PostgresConnection } from '../client.ts';
import { failOver, failoverEvidence, takenOver } from './fail-over.ts';
import { moveReadersAway, readersEvidence } from './readers.ts';

const atItsAddress = unreachable<PostgresConnection>({
  kind: 'postgres',
  name: 'PostgreSQL',
  next: 'pg_lsclusters; systemctl status "postgresql*"; tail -n 50 /var/log/postgresql/*.log; df -h',
  nextOf: nextOfServer,
  endOf: endOfServer,
  destination: (conn) => destination(conn.config),
});

/**
 * The postmaster's own words (postmaster.c): what a backend says of its client, a login that is refused, is no end.
 * @param lines of its log, oldest first
 */
export function endOfServer(lines: readonly string[]) {
  return ownEnd(lines, /database system is ready to accept (?:read-only )?connections/, [
    { pattern: /received ((?:smart|fast|immediate) shutdown request)/, how: 'was told to stop ($1)' },
    { pattern: /\bPANIC:\s+(.+)/, how: 'ended in a PANIC ($1)' },
    { pattern: /unexpected postmaster exit/, how: 'was killed (its sessions saw it gone)' },
    {
      pattern:
        /\bFATAL:\s+((?:could not (?:create|write|load|map|locate a valid)|configuration file|data directory|lock file|bogus data).*)/,
      how: 'did not start again ($1)',
    },
  ]);
}

/**
 * pg_lsclusters knows the clusters of Debian alone. pg_ctl refuses to run as root, so it is run as the owner of the data.
 * @param command `/usr/lib/postgresql/15/bin/postgres -D /srv/db -p 5433`
 */
export function nextOfServer(command: string): string | undefined {
  const [, program = '', folder = ''] = /^(\S*)postgres\s(?:.*\s)?-D\s*(\S+)/.exec(command) ?? [];
  if (!isPlainPath(folder) || folder.startsWith('/var/lib/postgresql/')) return undefined;
  const control = isPlainPath(`${program}pg_ctl`) ? `${program}pg_ctl` : 'pg_ctl';
  return `sudo -u "$(stat -c %U ${folder})" ${control} -D ${folder} status; ls -l ${folder}/postmaster.pid ${folder}/log; df -h ${folder}`;
}

export const unreachableServer: Diagnosis<PostgresConnection> = {
  ...atItsAddress,
  gather: async (conn, target, ctx) => [
    ...(await atItsAddress.gather(conn, target, ctx)),
    ...(await readersEvidence(conn, target, ctx)),
    ...(await failoverEvidence(conn, target, ctx)),
  ],
  conclude(evidence, target) {
    const findings = atItsAddress.conclude(evidence, target);
    const taken = takenOver(evidence, target);
    // Nothing that would start it again, and no reader is led to what has a standby no more.
    if (taken !== undefined)
      return [taken, ...findings.map((finding) => ({ ...finding, recommendations: [] }))];
    return findings.map((finding) => ({
      ...finding,
      recommendations: [
        ...moveReadersAway(evidence, target),
        ...finding.recommendations,
        ...failOver(evidence, target),
      ],
    }));
  },
};
