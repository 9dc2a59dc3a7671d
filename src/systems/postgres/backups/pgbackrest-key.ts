/** Whether a repository cannot be read since it is damaged, or since another key is given: its words are the same for both. */
import { readFileSync } from 'node:fs';
import type { EngineContext } from '../../../core/backup/engine.ts';
import { plain } from '../../../core/plain.ts';
import { filesOf, pgbackrest, type Repository, stanza } from './pgbackrest-repository.ts';

export interface Unread {
  readonly why: string;
  /** What lies there is why; else nothing is known of it. */
  readonly isDamaged: boolean;
}

/** What describes a repository, each written and enciphered by itself. */
const describing = ['archive', 'backup'].flatMap((kind) =>
  ['', '.copy'].map((end) => `${kind}/${stanza}/${kind}.info${end}`),
);

/** As it begins when it could be deciphered. */
const opened = /^\[(?:backrest|backup|cipher|db)/m;

/**
 * One key enciphers all that describes the repository: where any of it opens, the key is right and the rest is damaged;
 * where none does, another key was given. Without a key it can only be damage.
 * @param message what pgBackRest says of it
 */
export async function whyUnread(
  repository: Repository,
  key: number,
  message: string,
  run: Pick<EngineContext, 'signal' | 'clock'>,
): Promise<Unread> {
  const why = plain(message, 600);
  const [, error, file] = /^\[(\w+)\] unable to load info file '([^']+)'/.exec(message) ?? [];
  if (file === undefined) return { why, isDamaged: false };
  const keyed = filesOf(repository).find((file) =>
    new RegExp(`^\\s*repo${key}-cipher-pass\\s*=`, 'm').test(readFileSync(file, 'utf8')),
  );
  const found = await Promise.all(describing.map((name) => opens(repository, key, name, run)));
  const there = found.filter((one) => one !== 'not there');
  if (there.length === 0) return { why, isDamaged: false };
  // What it quotes of them may be the key that enciphers the rest.
  if (keyed === undefined || there.includes('opens'))
    return { why: `${file} and its copy are damaged (${error})`, isDamaged: true };
  return {
    why: `repo${key}-cipher-pass in ${keyed} opens none of the ${there.length} files that describe it: give the one that it was made with`,
    isDamaged: false,
  };
}

async function opens(
  repository: Repository,
  key: number,
  name: string,
  run: Pick<EngineContext, 'signal' | 'clock'>,
): Promise<'opens' | 'does not open' | 'not there'> {
  const asked = { options: [`--repo=${key}`, '--ignore-missing'], words: [name] };
  try {
    const { output } = await pgbackrest(repository, 'repo-get', asked, run);
    if (output === '') return 'not there';
    return opened.test(output) ? 'opens' : 'does not open';
  } catch {
    run.signal.throwIfAborted();
    return 'does not open';
  }
}
