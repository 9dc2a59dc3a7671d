import type { Diagnosis } from '../../../core/system.ts';
import { unreachable } from '../../../machine/unreachable/index.ts';
import { destination, type PostgresConnection } from '../client.ts';
import { failOver, failoverEvidence } from './fail-over.ts';
import { moveReadersAway, readersEvidence } from './readers.ts';

const atItsAddress = unreachable<PostgresConnection>({
  kind: 'postgres',
  name: 'PostgreSQL',
  next: 'pg_lsclusters; systemctl status "postgresql*"; tail -n 50 /var/log/postgresql/*.log; df -h',
  destination: (conn) => destination(conn.config),
});

export const unreachableServer: Diagnosis<PostgresConnection> = {
  ...atItsAddress,
  gather: async (conn, target, ctx) => [
    ...(await atItsAddress.gather(conn, target, ctx)),
    ...(await readersEvidence(conn, target, ctx)),
    ...(await failoverEvidence(conn, target, ctx)),
  ],
  conclude: (evidence, target) =>
    atItsAddress.conclude(evidence, target).map((finding) => ({
      ...finding,
      recommendations: [
        ...moveReadersAway(evidence, target),
        ...finding.recommendations,
        ...failOver(evidence, target),
      ],
    })),
};
