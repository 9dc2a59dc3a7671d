/**
 * A PostgreSQL of our own to restore into: in a folder of its own, on a socket that only we reach, unable to reach
 * anybody; gone when the proof is over.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import type { EngineContext } from '../../../core/backup/engine.ts';
import { Lack } from '../../../core/lack.ts';
import { programEnvironment } from '../../../machine/environment.ts';
import { endServer, lastLines } from '../../../machine/scratch-server.ts';
import { makeSocketFolder } from '../../../machine/socket-folder.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import { tied } from '../../../machine/tied.ts';
import { give, serverAccount } from '../../../machine/unprivileged.ts';
import { contentSettings } from './content.ts';
import type { Release } from './programs.ts';

export interface ScratchServer {
  readonly socket: string;
  readonly version: string;
  /** A superuser's session on that database. */
  use<T>(database: string, work: (client: Client) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

export const scratchUser = 'upkeep_scratch';
const startWithinMs = 60_000;

/** It names the socket; said on both sides, or PGPORT and the build would say it. */
export const scratchPort = 5432;

/** Nothing of it is worth a disk flush; nothing in it may act outward. */
const settings = (socket: string) => `
listen_addresses = ''
port = ${scratchPort}
unix_socket_directories = '${socket}'
unix_socket_permissions = 0700
shared_preload_libraries = ''
archive_mode = off
max_logical_replication_workers = 0
max_worker_processes = 4
autovacuum = off
fsync = off
full_page_writes = off
synchronous_commit = off
wal_level = minimal
max_wal_senders = 0
max_connections = 10
log_min_messages = warning
`;

/** @throws Lack with the server's own words when it does not start; nothing runs then */
export async function startScratch(
  release: Release,
  folder: string,
  manifest: { readonly encoding: string },
  ctx: EngineContext,
): Promise<ScratchServer> {
  try {
    return await start(release, folder, manifest, ctx);
  } catch (error) {
    ctx.signal.throwIfAborted();
    // It is a new server without a byte of the backup in it.
    throw new Lack(
      `no server could be started to restore into: ${error instanceof Error ? error.message : error}`,
    );
  }
}

async function start(
  release: Release,
  folder: string,
  manifest: { readonly encoding: string },
  ctx: EngineContext,
): Promise<ScratchServer> {
  const account = serverAccount();
  const home = join(folder, 'server');
  mkdirSync(home, { mode: 0o700 });
  give(folder, account);
  give(home, account);
  const data = join(home, 'data');
  const run = { signal: ctx.signal, clock: ctx.clock, cwd: home, account };
  const initialised = await spawnProgram(
    [
      join(release.bin, 'initdb'),
      '-D',
      data,
      '-U',
      scratchUser,
      '-A',
      'trust',
      '-E',
      manifest.encoding,
    ].concat('--locale=C', '--no-sync', '--no-instructions', '--data-checksums'),
    run,
  );
  if (initialised.code !== 0) throw new Error(`initdb failed: ${initialised.text}`);
  const place = await makeSocketFolder(account);
  appendFileSync(join(data, 'postgresql.conf'), settings(place.path));
  writeFileSync(join(data, 'pg_hba.conf'), `local all ${scratchUser} trust\nlocal all all reject\n`);
  const logFile = join(home, 'log');
  const log = openSync(logFile, 'a', 0o600);
  const tie = await tied([join(release.bin, 'postgres'), '-D', data]);
  const [program = '', ...args] = tie.words;
  const child = spawn(program, args, {
    cwd: home,
    stdio: ['ignore', log, log],
    env: programEnvironment(tie.env),
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
  });
  closeSync(log);
  const stop = async () => {
    await endServer(child, 'SIGQUIT');
    await place.drop();
  };
  try {
    const use: ScratchServer['use'] = (database, work) =>
      withSession({ socket: place.path, user: scratchUser }, database, work);
    const version = await ready(child, use, logFile, ctx);
    return { socket: place.path, version, use, stop };
  } catch (error) {
    await stop();
    throw error;
  }
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
      throw new Error(`the scratch server ended: ${lastLines(logFile)}`);
    try {
      return await use('postgres', async (client) => {
        const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
        return rows[0]?.server_version ?? 'unknown';
      });
    } catch (error) {
      if (ctx.clock.monotonic() > deadline)
        throw new Error(`the scratch server does not answer (${error}): ${lastLines(logFile)}`);
      await ctx.clock.sleep(50, ctx.signal);
    }
  }
}

export async function withSession<T>(
  { socket, user }: { readonly socket: string; readonly user: string },
  database: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { Client: Driver } = await import('pg').then(({ default: pg }) => pg);
  const options = Object.entries({ ...contentSettings, statement_timeout: '0' })
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`)
    .join(' ');
  const client = new Driver({
    ...{ host: socket, port: scratchPort, ssl: false },
    database,
    user,
    application_name: 'upkeep',
    options,
  });
  // A server that is stopped says so here.
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
