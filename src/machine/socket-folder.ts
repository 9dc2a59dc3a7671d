/**
 * Where a server of ours has its socket: a short private folder, wherever its data lies. The path of a socket ends at 107
 * bytes (unix(7), sun_path), and folders that people name for data are longer than that.
 */
import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isOwnerAlive, ownMark } from './tied.ts';
import { type Account, give } from './unprivileged.ts';

const prefix = 'upkeep-socket-';
const markFile = 'of';
const longestSocket = 107;
/** The longest that is laid in one, with the six letters that mkdtemp adds. */
const roomForNames = `/${prefix}XXXXXX/.s.PGSQL.5432`.length;

export interface SocketFolder {
  readonly path: string;
  /** After its server has ended; as often as one likes. */
  drop(): Promise<void>;
}

/** For `account` alone; for ourselves where left undefined. */
export async function makeSocketFolder(account: Account | undefined): Promise<SocketFolder> {
  const [above] = placesOfSockets();
  if (above === undefined)
    throw new Error(`${tmpdir()} is too long for a socket: set TMPDIR to a shorter folder`);
  const path = await mkdtemp(join(above, prefix));
  const drop = () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  try {
    await writeFile(join(path, markFile), ownMark() ?? '', { mode: 0o600, flag: 'wx' });
    give(path, account);
  } catch (error) {
    await drop();
    throw error;
  }
  return { path, drop };
}

/** The system's temporary folder, else the one that every system has. */
function placesOfSockets(): readonly string[] {
  const isShort = (folder: string) => Buffer.byteLength(folder) + roomForNames <= longestSocket;
  return [...new Set([tmpdir(), '/tmp'])].filter(isShort);
}

/** Drops those whose owner is gone: at a start, after its servers were ended. @returns their paths */
export async function dropLeftSocketFolders(): Promise<readonly string[]> {
  const dropped: string[] = [];
  for (const above of placesOfSockets())
    for (const name of await readdir(above).catch(() => [])) {
      if (!name.startsWith(prefix)) continue;
      const path = join(above, name);
      const mark = await markIn(path);
      if (mark === '' || isOwnerAlive(mark)) continue;
      await rm(path, { recursive: true, force: true });
      dropped.push(path);
    }
  return dropped;
}

/** Empty where we did not write it: the folder may belong to anybody then. */
async function markIn(folder: string): Promise<string> {
  const file = join(folder, markFile);
  const found = await lstat(file).catch(() => undefined);
  if (!found?.isFile() || found.uid !== process.getuid?.()) return '';
  return readFile(file, 'utf8').catch(() => '');
}
