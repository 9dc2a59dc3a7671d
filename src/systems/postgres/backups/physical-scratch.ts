/**
 * A PostgreSQL of our own over a data folder that was restored: its settings are ours, whatever the folder says, so that it
 * listens on a socket that only we reach and reaches nobody. It takes no session before its log is replayed and it is
 * promoted, so whoever gets an answer sees the end of the recovery.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Client } from 'pg';
import type { EngineContext } from '../../../core/backup/engine.ts';
import { Lack } from '../../../core/lack.ts';
import { plain } from '../../../core/plain.ts';
import { formatDuration } from '../../../core/time.ts';
import { programEnvironment } from '../../../machine/environment.ts';
import { endServer, lastLines } from '../../../machine/scratch-server.ts';
import { makeSocketFolder } from '../../../machine/socket-folder.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import { tied } from '../../../machine/tied.ts';
import { type Account, give } from '../../../machine/unprivileged.ts';
import type { Release } from './programs.ts';
import { scratchPort, withSession } from './scratch.ts';
import { failureIn } from './server-lack.ts';

export interface PhysicalScratch {
  readonly socket: string;
  readonly user: string;
  readonly version: string;
  use<T>(database: string, work: (client: Client) => Promise<T>): Promise<T>;
  /** Everything that the server wrote. */
  log(): string;
  /** Ends it as its owner would, so that its files are whole. */
  close(): Promise<void>;
  /** Ends it at once. */
  stop(): Promise<void>;
}

export interface PhysicalPlace {
  /** A folder of the account's own, with the data folder and the log in it. */
  readonly home: string;
  readonly data: string;
  readonly account: Account | undefined;
  /** Role to look with. */
  readonly superuser: string;
  /** The log lies beyond a network, so the server may not be cut off from it. */
  readonly needsNetwork: boolean;
}

/** Replaying the log of a week takes hours, but not days (J). */
const replayWithinMs = 12 * 3_600_000;

/** A server of its own settings: nothing of it acts outward, and nothing is worth a flush. */
function settings(socket: string, major: number, control: ReadonlyMap<string, string>): string {
  const at = (name: string, least: number) => Math.max(least, Number(control.get(`${name} setting`) ?? 0));
  const values: Record<string, string | number> = {
    ...{ listen_addresses: '', port: scratchPort },
    ...{ unix_socket_directories: socket, unix_socket_permissions: '0700', ssl: 'off' },
    ...{ shared_preload_libraries: '', session_preload_libraries: '', local_preload_libraries: '' },
    ...{ archive_mode: 'off', archive_command: '', primary_conninfo: '', synchronous_standby_names: '' },
    ...{ max_logical_replication_workers: 0, max_wal_senders: 0, hot_standby: 'off', autovacuum: 'off' },
    ...(major >= 17 ? { event_triggers: 'off' } : {}),
    ...{ fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', shared_buffers: '64MB' },
    ...{ logging_collector: 'off', log_destination: 'stderr', log_min_messages: 'warning' },
    ...{ log_timezone: 'UTC', log_line_prefix: '%m ', lc_messages: 'C' },
    // What the log holds of prepared transactions and locks must have room.
    max_connections: at('max_connections', 10),
    max_worker_processes: at('max_worker_processes', 4),
    max_prepared_transactions: at('max_prepared_xacts', 0),
    max_locks_per_transaction: at('max_locks_per_xact', 64),
  };
  return Object.entries(values)
    .map(([name, value]) => `${name} = '${value}'\n`)
    .join('');
}

/** `pg_controldata`, by the words of its lines. */
export async function readControl(
  release: Release,
  data: string,
  account: Account | undefined,
  { signal, clock }: Pick<EngineContext, 'signal' | 'clock'>,
): Promise<Map<string, string>> {
  const words = [join(release.bin, 'pg_controldata'), '-D', data];
  const ended = await spawnProgram(words, { signal, clock, account });
  if (ended.code !== 0) throw new Error(`pg_controldata failed (exit code ${ended.code}): ${ended.text}`);
  return new Map(
    ended.text.split('\n').flatMap((line) => {
      const [, name, value] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** What a restore tells the server; everything else that stood there was the living server's. */
const ofRecovery = /^\s*(restore_command|recovery_target\w*)\s*=/;

/** @throws with the server's own words when it does not come so far; nothing runs then */
export async function startPhysical(
  release: Release,
  place: PhysicalPlace,
  ctx: EngineContext,
): Promise<PhysicalScratch> {
  const { home, data, account, superuser } = place;
  const control = await readControl(release, data, account, ctx);
  const own = (name: string, text: string) => {
    const path = join(home, name);
    writeFileSync(path, text, { mode: 0o600 });
    give(path, account);
    return path;
  };
  const socket = await makeSocketFolder(account);
  const config = own('postgresql.conf', settings(socket.path, release.major, control));
  const rules = own(
    'pg_hba.conf',
    `local all "${superuser.replaceAll('"', '""')}" trust\nlocal all all reject\n`,
  );
  const names = own('pg_ident.conf', '');
  const auto = join(data, 'postgresql.auto.conf');
  const lines = existsSync(auto) ? readFileSync(auto, 'utf8').split('\n') : [];
  writeFileSync(
    auto,
    lines
      .filter((line) => ofRecovery.test(line))
      .join('\n')
      .concat('\n'),
  );
  for (const file of ['standby.signal', 'postmaster.pid']) rmSync(join(data, file), { force: true });
  const words = [
    ...[join(release.bin, 'postgres'), '-D', data],
    ...[`config_file=${config}`, `hba_file=${rules}`, `ident_file=${names}`].flatMap((set) => ['-c', set]),
  ];
  const child = await launch(words, place, ctx);
  const over = async (ends: Promise<void>) => {
    await ends;
    await socket.drop();
  };
  const logFile = join(home, 'log');
  const to = { socket: socket.path, user: superuser };
  try {
    const version = await promoted(child, to, logFile, ctx);
    return {
      ...{ ...to, version },
      use: (database, work) => withSession(to, database, work),
      log: () => readFileSync(logFile, 'utf8'),
      close: () => over(endServer(child, 'SIGINT')),
      stop: () => over(endServer(child, 'SIGQUIT')),
    };
  } catch (error) {
    await over(endServer(child, 'SIGQUIT'));
    throw error;
  }
}

async function launch(
  words: readonly string[],
  { home, account, needsNetwork }: PhysicalPlace,
  ctx: EngineContext,
): Promise<ChildProcess> {
  // Root can give it a network of its own with nothing in it; where that is not allowed, its settings must do.
  const alone =
    account !== undefined && !needsNetwork && (await isAllowed(['unshare', '--net', 'true'], ctx));
  const tie = await tied(words);
  // Who changes its account is not tied any more, so that comes before.
  const [program = '', ...args] = alone
    ? [
        ...['unshare', '--net', 'setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`],
        ...['--clear-groups', '--', ...tie.words],
      ]
    : tie.words;
  const log = openSync(join(home, 'log'), 'a', 0o600);
  const child = spawn(program, args, {
    cwd: home,
    stdio: ['ignore', log, log],
    env: programEnvironment(tie.env),
    ...(account && !alone ? { uid: account.uid, gid: account.gid } : {}),
  });
  closeSync(log);
  child.on('error', () => {});
  return child;
}

async function isAllowed(
  words: readonly string[],
  { signal, clock }: Pick<EngineContext, 'clock' | 'signal'>,
): Promise<boolean> {
  const ended = await spawnProgram(words, { signal, clock }).catch(() => ({ code: -1 }));
  signal.throwIfAborted();
  return ended.code === 0;
}

/** While it is not up it writes a line for each time that it is asked, which would push out why it ended. */
export function serverWords(logFile: string): string {
  return lastLines(logFile, 5, /FATAL: +the database system is /);
}

async function promoted(
  child: ChildProcess,
  to: { readonly socket: string; readonly user: string },
  logFile: string,
  ctx: EngineContext,
): Promise<string> {
  const from = ctx.clock.monotonic();
  for (;;) {
    if (child.pid === undefined || child.signalCode === 'SIGKILL')
      throw new Lack(`the scratch server could not run: ${serverWords(logFile)}`);
    if (child.exitCode !== null || child.signalCode !== null)
      throw failureIn(`the scratch server ended: ${serverWords(logFile)}`);
    try {
      const [row] = await withSession(to, 'postgres', async (client) => {
        const { rows } = await client.query<{ version: string; isRecovering: boolean }>(
          `SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS "isRecovering"`,
        );
        return rows;
      });
      if (row && !row.isRecovering) return row.version;
    } catch (error) {
      // It answers, and knows nobody of that name: waiting changes nothing.
      if (/role ".*" does not exist/.test(String(error)))
        throw new Lack(`the scratch server could not be looked into: ${error}`);
      if (ctx.clock.monotonic() - from > replayWithinMs)
        throw new Lack(
          `the scratch server is not done after ${formatDuration(replayWithinMs)} (${error}): ${serverWords(logFile)}`,
        );
    }
    await ctx.clock.sleep(50, ctx.signal);
  }
}

/** Beside the data a restore needs its log, and the scratch server writes some (J: knowledge of databases, 3.3). */
const roomFactor = 1.3;

/**
 * @param into the folder that it was asked into; a proof works in the scratch instead
 * @throws Lack where the disk of `folder` has not room for a restore of so many bytes, so that it is not even begun
 */
export function demandRoom(folder: string, bytes: number, into?: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const needed = Math.ceil(bytes * roomFactor);
  const mib = (amount: number) => `${Math.floor(amount / 2 ** 20).toLocaleString('en-GB')} MiB`;
  const [disk, remedy] =
    into === undefined
      ? [folder, 'name a larger disk with scratch: under backups:']
      : [dirname(into), 'free some space there, or name a folder on a larger disk with --into'];
  if (free < needed)
    throw new Lack(`a restore needs ${mib(needed)} and ${disk} has ${mib(free)} free: ${remedy}`);
}

export interface Pages {
  /** Null where all match, or have no checksums. */
  readonly wrong: string | null;
  readonly hasChecksums: boolean;
}

/** Checksums of every page of a server that was closed. */
export async function brokenChecksums(
  release: Release,
  data: string,
  account: Account | undefined,
  { signal, clock }: Pick<EngineContext, 'clock' | 'signal'>,
): Promise<Pages> {
  const ended = await spawnProgram([join(release.bin, 'pg_checksums'), '--check', '-D', data], {
    ...{ signal, clock, account },
  });
  if (/data checksums are not enabled/.test(ended.text)) return { wrong: null, hasChecksums: false };
  const bad = /Bad checksums:\s+(\d+)/.exec(ended.text)?.[1];
  if (ended.code === 0 && bad === '0') return { wrong: null, hasChecksums: true };
  return { wrong: `pg_checksums (exit code ${ended.code}): ${plain(ended.text, 400)}`, hasChecksums: true };
}
