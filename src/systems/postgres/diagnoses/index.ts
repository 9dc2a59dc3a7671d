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
import { missingIndex } from './missing-index.ts';
import { preparedForgotten } from './prepared-forgotten.ts';
import { privilegeRevoked } from './privilege-revoked.ts';
import { replicaLag } from './replica-lag.ts';
import { sequenceEnd } from './sequence-end.ts';
import { settingsRegression } from './settings-regression.ts';
import { slowStatement } from './slow-statement.ts';
import { staleStatistics } from './stale-statistics.ts';
import { trafficPeak } from './traffic-peak.ts';
import { unreachableServer } from './unreachable.ts';

export const diagnoses: readonly Diagnosis<PostgresConnection>[] = [
  unreachableServer,
  blockedByLock,
  connectionsExhausted,
  credentialsRefused,
  deadSlot,
  preparedForgotten,
  archivingStuck,
  sequenceEnd,
  deadRows,
  missingIndex,
  invalidIndex,
  staleStatistics,
  settingsRegression,
  slowStatement,
  checkpointStorm,
  crashRecovered,
  deadlockStorm,
  privilegeRevoked,
  replicaLag,
  trafficPeak,
];
