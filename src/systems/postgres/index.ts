import { defineSystem } from '../../core/system.ts';
import { actions } from './actions/index.ts';
import { address, close, connect } from './client.ts';
import { postgresConfig } from './config.ts';
import { diagnoses } from './diagnoses/index.ts';
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
  diagnoses,
  actions,
  discover,
});
