/**
 * A Redis of our own to restore into: in a folder of its own, on a socket that only we reach, without the commands that
 * reach out; gone when the proof is over.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, copyFileSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineContext } from '../../../core/backup/engine.ts';
import { Lack } from '../../../core/lack.ts';
import { plain } from '../../../core/plain.ts';
import { programEnvironment } from '../../../machine/environment.ts';
import { endServer, lastLines } from '../../../machine/scratch-server.ts';
import { makeSocketFolder } from '../../../machine/socket-folder.ts';
import { tied } from '../../../machine/tied.ts';
import { give, serverAccount } from '../../../machine/unprivileged.ts';
import { messageOf } from '../failure.ts';
import { readInfo } from '../info.ts';
import { type Ask, Session } from '../session.ts';
import { rdbFile } from './manifest.ts';

export interface ScratchRedis {
  readonly version: string;
  use<T>(job: (ask: Ask) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** They would reach somebody, or undo what keeps it from that. */
const forbidden = [
  'REPLICAOF',
  'SLAVEOF',
  'MIGRATE',
  'CLUSTER',
  'MODULE',
  'CONFIG',
  'DEBUG',
  'SAVE',
  'BGSAVE',
];

const settings: readonly (readonly [string, ...string[]])[] = [
  ['port', '0'],
  ['unixsocketperm', '700'],
  ['dbfilename', rdbFile],
  ['save', ''],
  ['appendonly', 'no'],
  ['daemonize', 'no'],
  ['protected-mode', 'yes'],
  // Every value is looked at when it is loaded, not only the sum of the file.
  ['sanitize-dump-payload', 'yes'],
  ...forbidden.map((command) => ['rename-command', command, ''] as const),
];

/** @throws with the server's own words when it does not load what lies there; nothing runs then */
export async function startScratch(
  snapshot: string,
  folder: string,
  ctx: EngineContext,
): Promise<ScratchRedis> {
  const account = serverAccount();
  const home = join(folder, 'server');
  mkdirSync(home, { mode: 0o700 });
  copyFileSync(snapshot, join(home, rdbFile));
  for (const path of [folder, home, join(home, rdbFile)]) give(path, account);
  const place = await makeSocketFolder(account);
  const socket = join(place.path, 's');
  const logFile = join(home, 'log');
  const log = openSync(logFile, 'a', 0o600);
  const words = [['unixsocket', socket], ['dir', home], ...settings].flatMap(([name, ...values]) => [
    `--${name}`,
    ...values,
  ]);
  const tie = await tied(['redis-server', ...words]);
  const [program = '', ...args] = tie.words;
  const child = spawn(program, args, {
    cwd: home,
    stdio: ['ignore', log, log],
    env: programEnvironment(tie.env),
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
  });
  closeSync(log);
  let failure: NodeJS.ErrnoException | undefined;
  child.on('error', (error) => {
    failure = error;
  });
  const session = new Session({ options: { path: socket }, username: '', password: '', database: 0 });
  const stop = async () => {
    await session.close();
    await endServer(child);
    await place.drop();
  };
  try {
    const version = await loaded(session, child, () => failure, logFile, ctx);
    return { version, use: (job) => session.use(ctx.signal, job), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A server that ends, or that answers and has loaded everything: how long that takes is a matter of its size. */
async function loaded(
  session: Session,
  child: ChildProcess,
  failure: () => NodeJS.ErrnoException | undefined,
  logFile: string,
  ctx: EngineContext,
): Promise<string> {
  for (;;) {
    const failed = failure();
    if (failed?.code === 'ENOENT')
      throw new Lack('no Redis server to restore into: apt-get install redis-server');
    if (failed) throw new Lack(`the scratch server could not be started: ${failed.message}`);
    if (child.exitCode !== null || child.signalCode !== null)
      throw failureOf(child, `the scratch server ended: ${lastWords(logFile)}`);
    const version = await session
      .use(ctx.signal, async (ask) => {
        const info = await readInfo(ask, 'server', 'persistence');
        return info.number('loading') === 0 ? (info.text('redis_version') ?? 'unknown') : undefined;
      })
      .catch((error: unknown) => {
        ctx.signal.throwIfAborted();
        if (/ENOENT|ECONNREFUSED|ECONNRESET|closed|LOADING/.test(messageOf(error))) return undefined;
        throw error;
      });
    if (version !== undefined) return version;
    await ctx.clock.sleep(50, ctx.signal);
  }
}

/** What it could not bind, or read of this machine, is no fault of the file that it was to load. */
function failureOf({ signalCode }: ChildProcess, words: string): Error {
  return signalCode === 'SIGKILL' || /Failed opening Unix socket|Out Of Memory/.test(words)
    ? new Lack(words)
    : new Error(words);
}

function lastWords(logFile: string): string {
  return plain(lastLines(logFile, 8), 900);
}
