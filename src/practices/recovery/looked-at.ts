/** Which foreign backups somebody has looked at: they hold nothing back any more. */
import { z } from 'zod';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { Tx } from '../../store/index.ts';
import * as meta from '../../store/meta.ts';
import type { Ground } from './ground.ts';

const keyOf = (plan: string) => `backups.looked-at.${plan}`;
const schema = z.array(z.string());

/** Their names in the repository. */
export async function lookedAt(
  { desk }: Pick<Ground, 'desk'>,
  { name }: Pick<BackupSettings, 'name'>,
): Promise<ReadonlySet<string>> {
  const said = await meta.read(desk.store.db, keyOf(name));
  return new Set(said === undefined ? [] : schema.parse(JSON.parse(said)));
}

/** @param labels all that lie there and were looked at; those that are gone need not be kept */
export async function writeLookedAt(
  tx: Tx,
  { name }: Pick<BackupSettings, 'name'>,
  labels: readonly string[],
): Promise<void> {
  await meta.write(tx, keyOf(name), JSON.stringify(labels));
}
