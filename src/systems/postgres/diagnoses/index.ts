/** What explains the trouble of a PostgreSQL server. */
import type { Diagnosis } from '../../../core/system.ts';
import type { PostgresConnection } from '../client.ts';
import { archivingStuck } from './archiving-stuck.ts';
import { blockedByLock } from './blocked-by-lock.ts';
import { checkpointStorm } from './checkpoint-storm.ts';
import { connectionsExhausted } from './connections-exhausted.ts';
import { crashRecovered } from './crash-recovered.ts';
import { credentialsRefused } from './credentials-refused.ts';
import { deadRows } from './dead-rows.ts';
import { deadSlot } from './dead-slot.ts';
import { deadlockStorm } from './deadlock-storm.ts';
import { invalidIndex } from './invalid-index.ts';
import { loginsRefused } from './logins-refused.ts';
import { missingIndex } from './missing-index.ts';
import { pageDamage } from './page-damage.ts';
import { preparedForgotten } from './prepared-forgotten.ts';
import { privilegeRevoked } from './privilege-revoked.ts';
import { replicaLag } from './replica-lag.ts';
import { roleLockedOut } from './role-locked-out.ts';
import { schemaChanged } from './schema-changed.ts';
import { sequenceEnd } from './sequence-end.ts';
import { sessionDefaults } from './session-defaults.ts';
import { settingsRegression } from './settings-regression.ts';
import { slowStatement } from './slow-statement.ts';
import { slowWay } from './slow-way.ts';
import { splitBrain } from './split-brain.ts';
import { staleStatistics } from './stale-statistics.ts';
import { trafficPeak } from './traffic-peak.ts';
import { unreachableServer } from './unreachable.ts';
import { unsafeSetting } from './unsafe-settings.ts';

export const diagnoses: readonly Diagnosis<PostgresConnection>[] = [
  unreachableServer,
  blockedByLock,
  connectionsExhausted,
  credentialsRefused,
  roleLockedOut,
  loginsRefused,
  deadSlot,
  preparedForgotten,
  archivingStuck,
  sequenceEnd,
  deadRows,
  missingIndex,
  invalidIndex,
  staleStatistics,
  settingsRegression,
  sessionDefaults,
  schemaChanged,
  slowStatement,
  slowWay,
  checkpointStorm,
  crashRecovered,
  deadlockStorm,
  privilegeRevoked,
  replicaLag,
  trafficPeak,
  unsafeSetting,
  pageDamage,
  splitBrain,
];
