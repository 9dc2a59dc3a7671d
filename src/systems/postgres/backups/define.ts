import type { BackupEngine } from '../../../core/backup/engine.ts';
import type { PostgresConnection } from '../client.ts';

export function defineEngine(engine: BackupEngine<PostgresConnection>): BackupEngine<PostgresConnection> {
  return engine;
}
