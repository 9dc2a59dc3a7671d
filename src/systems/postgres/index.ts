import { defineSystem } from '../../core/system.ts';
import { terminateBackend } from './actions/terminate-backend.ts';
import { address, close, connect } from './client.ts';
import { postgresConfig } from './config.ts';
import { blockedByLock } from './diagnoses/blocked-by-lock.ts';
import { connectionsExhausted } from './diagnoses/connections-exhausted.ts';
import { credentialsRefused } from './diagnoses/credentials-refused.ts';
import { unreachableServer } from './diagnoses/unreachable.ts';
import { discover } from './discover.ts';
import { activity } from './probes/activity.ts';
import { blocking } from './probes/blocking.ts';
import { database } from './probes/database.ts';
import { liveness } from './probes/liveness.ts';
import { replication } from './probes/replication.ts';
import { size } from './probes/size.ts';
import { slots } from './probes/slots.ts';
import { statements } from './probes/statements.ts';
import { tables } from './probes/tables.ts';

export const postgres = defineSystem({
  kind: 'postgres',
  summary: 'A PostgreSQL server, version 13 or newer, primary or standby',
  config: postgresConfig,
  connect,
  close,
  address,
  probes: [liveness, activity, blocking, database, tables, replication, slots, statements, size],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [unreachableServer, blockedByLock, connectionsExhausted, credentialsRefused],
  actions: [terminateBackend],
  discover,
});
