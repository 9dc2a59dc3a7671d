/**
 * Where the repository of a plan lies: in its folder, or elsewhere (a bucket) where a file beside the folder says so, with
 * the keys that restic needs for it. They reach restic in its environment alone, never as an argument.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { plain } from '../../../core/plain.ts';

export type Environment = Readonly<Record<string, string>>;

/** Of restic's own settings those that name no program to run; credentials of the storages that it knows. */
const allowed = /^(RESTIC_(REPOSITORY|CACERT)|(AWS|B2|AZURE|GOOGLE|OS|ST)_[A-Z0-9_]+)$/;
const elsewhere = /^(s3|b2|azure|gs|swift|rest):\S+$/;

export function placeFile(folder: string): string {
  return `${folder}.env`;
}

/** `s3:https://s3.eu-central-1.example.com/acme-backups/files`; null where it lies in the folder, undefined where nobody can tell. */
export function liesIn(folder: string): string | null | undefined {
  try {
    return readPlace(folder)?.RESTIC_REPOSITORY ?? null;
  } catch {
    return undefined;
  }
}

/** Null where there is no such file. @throws with what is wrong with it, never with a value of it */
export function readPlace(folder: string): Environment | null {
  const file = placeFile(folder);
  if (!existsSync(file)) return null;
  if ((statSync(file).mode & 0o077) !== 0)
    throw new Error(`others may read ${file}, in which keys stand: chmod 600 ${file}`);
  const place: Record<string, string> = {};
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name = '', value = ''] = /^\s*([A-Za-z0-9_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (!allowed.test(name))
      throw new Error(
        `line ${index + 1} of ${file}: ${name === '' ? 'write NAME=VALUE' : `${plain(name, 60)} is not handed to restic`}; RESTIC_REPOSITORY, RESTIC_CACERT and the keys of the storage (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY …) are`,
      );
    place[name] = value.replace(/^(["'])(.*)\1$/, '$2');
  }
  if (!elsewhere.test(place.RESTIC_REPOSITORY ?? ''))
    throw new Error(
      `${file} must say where the repository lies: RESTIC_REPOSITORY=s3:https://s3.eu-central-1.example.com/BUCKET/PATH`,
    );
  return place;
}
