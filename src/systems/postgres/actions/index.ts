/** What can be done to a PostgreSQL server. */
import type { Action } from '../../../core/action.ts';
import type { PostgresConnection } from '../client.ts';
import { analyze } from './analyze.ts';
import { cancelBackend } from './cancel-backend.ts';
import { createIndexConcurrently } from './create-index-concurrently.ts';
import { dropIndexConcurrently } from './drop-index-concurrently.ts';
import { dropReplicationSlot } from './drop-replication-slot.ts';
import { moveReads } from './move-reads.ts';
import { promoteStandby } from './promote.ts';
import { reindexConcurrently } from './reindex-concurrently.ts';
import { resetSetting } from './reset-setting.ts';
import { resumeReplay } from './resume-replay.ts';
import { rollbackPrepared } from './rollback-prepared.ts';
import { setSetting } from './set-setting.ts';
import { terminateBackend } from './terminate-backend.ts';
import { terminateIdle } from './terminate-idle.ts';
import { vacuum } from './vacuum.ts';

export const actions: readonly Action<PostgresConnection>[] = [
  cancelBackend,
  terminateBackend,
  terminateIdle,
  analyze,
  vacuum,
  createIndexConcurrently,
  dropIndexConcurrently,
  reindexConcurrently,
  setSetting,
  resetSetting,
  resumeReplay,
  moveReads,
  promoteStandby,
  dropReplicationSlot,
  rollbackPrepared,
];
