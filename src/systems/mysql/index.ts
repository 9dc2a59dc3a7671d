import { defineSystem } from '../../core/system.ts';
import { killConnection } from './actions/kill-connection.ts';
import { killQuery } from './actions/kill-query.ts';
import { mysqldump } from './backups/mysqldump.ts';
import { address, close, connect } from './client.ts';
import { mysqlConfig } from './config.ts';
import { blockedByLock } from './diagnoses/blocked-by-lock.ts';
import { connectionsExhausted } from './diagnoses/connections-exhausted.ts';
import { credentialsRefused } from './diagnoses/credentials-refused.ts';
import { diskGrowth } from './diagnoses/disk-growth.ts';
import { madeReadOnly } from './diagnoses/made-read-only.ts';
import { replicationStopped } from './diagnoses/replication-stopped.ts';
import { slowStatements } from './diagnoses/slow-statements.ts';
import { tmpdirFull } from './diagnoses/tmpdir-full.ts';
import { unreachableServer } from './diagnoses/unreachable.ts';
import { userLock } from './diagnoses/user-lock.ts';
import { discover } from './discover.ts';
import { logs } from './logs.ts';
import { accounts } from './probes/accounts.ts';
import { activity } from './probes/activity.ts';
import { disk } from './probes/disk.ts';
import { engine } from './probes/engine.ts';
import { liveness } from './probes/liveness.ts';
import { locks } from './probes/locks.ts';
import { replication } from './probes/replication.ts';
import { schema } from './probes/schema.ts';
import { settings } from './probes/settings.ts';
import { statements } from './probes/statements.ts';

export const mysql = defineSystem({
  kind: 'mysql',
  summary: 'A MySQL (8.0 or newer) or MariaDB (10.5 or newer) server, primary or replica',
  config: mysqlConfig,
  connect,
  close,
  address,
  probes: [liveness, activity, locks, replication, engine, statements, schema, settings, accounts, disk],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [
    unreachableServer,
    credentialsRefused,
    connectionsExhausted,
    blockedByLock,
    replicationStopped,
    madeReadOnly,
    tmpdirFull,
    userLock,
    slowStatements,
    diskGrowth,
  ],
  actions: [killQuery, killConnection],
  engines: [mysqldump],
  discover,
  logs,
});
