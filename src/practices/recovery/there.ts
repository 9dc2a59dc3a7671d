/** Whether a backup lies where it was put: nothing is read, so it costs nothing to ask before anything else. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '../../core/backup/engine.ts';
import type { BackupView } from '../../core/backup/view.ts';

/** How people read a time. */
type Moment = (at: number) => string;

/** Null where its folder is there; copies elsewhere are looked at there. */
export function missingWords(backup: BackupView, moment: Moment): string | null {
  const { id, state, folder, label, copyOf } = backup;
  if (copyOf !== null || (state !== 'missing' && existsSync(folder))) return null;
  const gone = label === null || !existsSync(folder) ? folder : `${label} in ${folder}`;
  return `it is missing: ${gone} is not there (${seen(backup, moment)}). Is the disk mounted? Put it back, or say that it is gone for good: upkeep backup forget ${id}`;
}

/** A file that its manifest names and that is not there; of engines with a repository that is their own affair. */
export function lackingWords(backup: BackupView, { files }: Manifest, moment: Moment): string | null {
  const { folder, label, copyOf } = backup;
  if (copyOf !== null || label !== null || typeof files !== 'object' || files === null) return null;
  const name = Object.keys(files).find((one) => !existsSync(join(folder, one)));
  return name === undefined
    ? null
    : `it is damaged: ${join(folder, name)} is not there (${seen(backup, moment)}): put it back, or restore another backup`;
}

const seen = ({ seenAt, endedAt, startedAt }: BackupView, moment: Moment) =>
  `seen last ${moment(seenAt ?? endedAt ?? startedAt)}`;
