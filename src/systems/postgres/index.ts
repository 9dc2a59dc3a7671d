import { defineSystem } from '../../core/system.ts';
import { actions } from './actions/index.ts';
import { logical } from './backups/logical.ts';
import { pgbackrestEngine } from './backups/pgbackrest.ts';
import { plain } from './backups/plain.ts';
import { address, close, connect } from './client.ts';
import { postgresConfig } from './config.ts';
import { diagnoses } from './diagnoses/index.ts';
import { discover } from './discover.ts';
import { isOwnLogLine, logs } from './logs.ts';
import { activity } from './probes/activity.ts';
import { archiver } from './probes/archiver.ts';
import { autovacuum } from './probes/autovacuum.ts';
import { backupRights } from './probes/backup-rights.ts';
import { bloat } from './probes/bloat.ts';
import { blocking } from './probes/blocking.ts';
import { checkpoints } from './probes/checkpoints.ts';
import { checksums } from './probes/checksums.ts';
import { constraints } from './probes/constraints.ts';
import { database } from './probes/database.ts';
import { failover } from './probes/failover.ts';
import { fullScans } from './probes/full-scans.ts';
import { horizon } from './probes/horizon.ts';
import { indexes } from './probes/indexes.ts';
import { inventory } from './probes/inventory.ts';
import { liveness } from './probes/liveness.ts';
import { locks } from './probes/locks.ts';
import { recoveryPointProbe } from './probes/recovery-point.ts';
import { replication } from './probes/replication.ts';
import { replicationStates } from './probes/replication-states.ts';
import { security } from './probes/security.ts';
import { sequences } from './probes/sequences.ts';
import { settings } from './probes/settings.ts';
import { size } from './probes/size.ts';
import { slots } from './probes/slots.ts';
import { statementTimes } from './probes/statement-times.ts';
import { statements } from './probes/statements.ts';
import { subscriptions } from './probes/subscriptions.ts';
import { tables } from './probes/tables.ts';
import { unusedIndexes } from './probes/unused-indexes.ts';
import { versions } from './probes/versions.ts';
import { wal } from './probes/wal.ts';
import { wraparound } from './probes/wraparound.ts';

export const postgres = defineSystem({
  kind: 'postgres',
  summary: 'A PostgreSQL server, version 13 or newer, primary or standby',
  config: postgresConfig,
  connect,
  close,
  address,
  probes: [
    ...[liveness, activity, blocking, database, tables, replication, slots, statements, size],
    ...[
      wal,
      archiver,
      recoveryPointProbe,
      backupRights,
      horizon,
      wraparound,
      checkpoints,
      locks,
      replicationStates,
      failover,
      subscriptions,
    ],
    ...[autovacuum, checksums, settings, inventory, sequences, indexes, unusedIndexes, constraints],
    ...[bloat, fullScans, statementTimes, versions, security],
  ],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses,
  actions,
  engines: [logical, pgbackrestEngine, plain],
  discover,
  logs,
  isOwnLogLine,
});
