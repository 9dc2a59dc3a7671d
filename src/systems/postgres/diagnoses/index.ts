/** What explains the trouble of a PostgreSQL server. */
import type { Diagnosis } from '../../../core/system.ts';
import type { PostgresConnection } from '../client.ts';
import { blockedByLock } from './blocked-by-lock.ts';
import { connectionsExhausted } from './connections-exhausted.ts';
import { credentialsRefused } from './credentials-refused.ts';
import { unreachableServer } from './unreachable.ts';

export const diagnoses: readonly Diagnosis<PostgresConnection>[] = [
  unreachableServer,
  blockedByLock,
  connectionsExhausted,
  credentialsRefused,
];
