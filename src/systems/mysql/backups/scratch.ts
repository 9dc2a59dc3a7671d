/**
 * A MariaDB or MySQL of our own to restore into: in a folder of its own, on a socket that only we reach, without a
 * network, replication and scheduled events; gone when the proof is over.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineContext } from '../../../core/backup/engine.ts';
import { Lack } from '../../../core/lack.ts';
import { plain } from '../../../core/plain.ts';
import { programEnvironment } from '../../../machine/environment.ts';
import { endServer, lastLines } from '../../../machine/scratch-server.ts';
import { makeSocketFolder } from '../../../machine/socket-folder.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import { tied } from '../../../machine/tied.ts';
import { type Account, give, serverAccount } from '../../../machine/unprivileged.ts';
import { type BackupSession, openSocketSession } from './login.ts';
import type { DumpManifest } from './manifest.ts';
import { type Program, programFor } from './programs.ts';

export interface ScratchServer {
  readonly socket: string;
  readonly version: string;
  use<T>(database: string | undefined, work: (session: BackupSession) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

const startWithinMs = 60_000;

/** Nothing of it is worth a disk flush; nothing in it may act outward. */
const settings = [
  ...[
    '--skip-networking',
    '--skip-log-bin',
    '--skip-slave-start',
    '--event-scheduler=OFF',
    '--local-infile=0',
  ],
  ...['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0', '--innodb-buffer-pool-size=64M'],
  ...['--max-allowed-packet=1G', '--max-connections=10', '--loose-performance-schema=OFF'],
  '--loose-mysqlx=OFF',
];

/** @throws Lack with the server's own words when it does not start; nothing runs then */
export async function startScratch(
  folder: string,
  manifest: DumpManifest,
  ctx: EngineContext,
): Promise<ScratchServer> {
  try {
    return await start(folder, manifest, ctx);
  } catch (error) {
    ctx.signal.throwIfAborted();
    // It is a new server without a byte of the backup in it.
    throw new Lack(
      `no server could be started to restore into: ${error instanceof Error ? error.message : error}`,
    );
  }
}

async function start(
  folder: string,
  { isMariaDb, lowerCaseTableNames }: DumpManifest,
  ctx: EngineContext,
): Promise<ScratchServer> {
  const program = await programFor('server', isMariaDb, ctx);
  const account = serverAccount();
  const home = join(folder, 'server');
  const data = join(home, 'data');
  for (const path of [home, data]) mkdirSync(path, { mode: 0o700 });
  for (const path of [folder, home, data]) give(path, account);
  const names = `--lower-case-table-names=${lowerCaseTableNames}`;
  await initialise(program, home, data, names, account, ctx);
  const place = await makeSocketFolder(account);
  const socket = join(place.path, 's');
  const logFile = join(home, 'log');
  const log = openSync(logFile, 'a', 0o600);
  const tie = await tied([
    ...[program.path, '--no-defaults', `--datadir=${data}`, `--socket=${socket}`],
    ...[`--secure-file-priv=${home}`, `--tmpdir=${home}`, `--pid-file=${join(home, 'pid')}`],
    ...[names, ...settings],
  ]);
  const [first = '', ...args] = tie.words;
  const child = spawn(first, args, {
    cwd: home,
    stdio: ['ignore', log, log],
    env: programEnvironment(tie.env),
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
  });
  closeSync(log);
  const stop = async () => {
    await endServer(child);
    await place.drop();
  };
  const use: ScratchServer['use'] = async (database, work) => {
    const session = await openSocketSession(socket, database, ctx.signal);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  };
  try {
    return { socket, version: await ready(child, use, logFile, ctx), use, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function initialise(
  program: Program,
  home: string,
  data: string,
  names: string,
  account: Account | undefined,
  ctx: EngineContext,
): Promise<void> {
  const words = program.isMariaDb
    ? ['mariadb-install-db', '--no-defaults', '--auth-root-authentication-method=normal', '--skip-test-db']
    : [program.path, '--no-defaults', '--initialize-insecure', names];
  const { code, text } = await spawnProgram([...words, `--datadir=${data}`, `--tmpdir=${home}`], {
    ...{ signal: ctx.signal, clock: ctx.clock, cwd: home, account },
  });
  if (code !== 0) throw new Error(`${words[0]} failed (exit code ${code}): ${text.slice(-600)}`);
}

async function ready(
  child: ChildProcess,
  use: ScratchServer['use'],
  logFile: string,
  ctx: EngineContext,
): Promise<string> {
  const deadline = ctx.clock.monotonic() + startWithinMs;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the scratch server ended: ${lastWords(logFile)}`);
    try {
      return await use(undefined, async (session) => {
        const [row] = await session.query<{ version: string }>('SELECT VERSION() AS version');
        return row?.version ?? 'unknown';
      });
    } catch (error) {
      ctx.signal.throwIfAborted();
      if (ctx.clock.monotonic() > deadline)
        throw new Error(`the scratch server does not answer (${error}): ${lastWords(logFile)}`);
      await ctx.clock.sleep(50, ctx.signal);
    }
  }
}

function lastWords(logFile: string): string {
  return plain(lastLines(logFile), 900);
}
