/** What a person types to look into a cluster that was restored: commands that work as they stand, beside the living server. */
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePortAfter } from '../../../machine/free-port.ts';
import { commandLine } from '../../../machine/run-program.ts';
import { type Account, give } from '../../../machine/unprivileged.ts';
import { destination, type PostgresConnection } from '../client.ts';
import type { PhysicalManifest } from './physical-manifest.ts';
import type { Release } from './programs.ts';

export interface RestoredCluster {
  readonly data: string;
  readonly release: Release;
  /** Whose the folder is; undefined where it is ours. */
  readonly account: Account | undefined;
  readonly manifest: Pick<PhysicalManifest, 'superuser' | 'database'>;
}

/** A socket's path has 107 bytes, its own name about 16 of them. */
const longestSocketFolder = 90;
const usualPort = 5_432;

/** Beside the living one: it runs no jobs, pulls nothing and archives nothing, whatever its own settings say. */
function startWords(data: string, port: number, socket: string): string[] {
  const settings = {
    ...{ data_directory: data, listen_addresses: '127.0.0.1', external_pid_file: '', archive_mode: 'off' },
    ...{ shared_preload_libraries: '', max_logical_replication_workers: '0', shared_buffers: '128MB' },
  };
  const options = [
    ...['-p', String(port), '-k', socket],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  return ['-D', data, '-l', join(data, 'start.log'), '-o', commandLine(options), '-w', 'start'];
}

/** The same for a plan that is read before anything is restored, on the port after the usual one; typed as root, who may not run it. */
export function startInPlan(data: string): string {
  const bin = `/usr/lib/postgresql/$(cat ${data}/PG_VERSION)/bin`;
  const command = commandLine(startWords(data, usualPort + 1, data));
  return `runuser -u "$(stat -c %U ${data})" -- ${bin}/pg_ctl ${command}  # beside what lives, as root; the restore prints this for its own machine. Look, then lead the application over`;
}

/** In order: started, looked into, ended. It stands beside the living one, runs no jobs, pulls nothing and archives nothing. */
export async function lookSteps(
  { config }: PostgresConnection,
  { data, release, account, manifest }: RestoredCluster,
): Promise<string[]> {
  const port = await freePortAfter(destination(config)?.port ?? usualPort);
  const socket = data.length > longestSocketFolder ? tmpdir() : data;
  const ctl = (...words: string[]) => asOwner(account, [join(release.bin, 'pg_ctl'), ...words]);
  const { superuser, database } = manifest;
  const login = ['-h', socket, '-p', String(port), '-U', superuser, '-d', database];
  return [
    `start it beside the living one: ${ctl(...startWords(data, port, socket))}`,
    `look into it: ${asOwner(account, ['psql', ...login])}`,
    `end it again: ${ctl('-D', data, '-m', 'fast', 'stop')}`,
  ];
}

function asOwner(account: Account | undefined, words: readonly string[]): string {
  if (account === undefined) return commandLine(words);
  const as = existsSync('/usr/bin/sudo')
    ? ['sudo', '-u', account.name]
    : ['runuser', '-u', account.name, '--'];
  return commandLine([...as, ...words]);
}

/** Debian keeps the settings in /etc/postgresql, which is in no copy of the data; without any no server starts. */
export function layMissingSettings({ data, account, manifest }: Omit<RestoredCluster, 'release'>): void {
  const superuser = manifest.superuser.replaceAll('"', '""');
  const texts = {
    'postgresql.conf':
      '# Written by Upkeep: the settings of the server lay outside of its data folder (Debian: /etc/postgresql) and are in no copy of it.\n',
    'pg_hba.conf': [
      `local all "${superuser}" peer map=owner`,
      'local all all scram-sha-256',
      'host all all 127.0.0.1/32 scram-sha-256',
      'host all all ::1/128 scram-sha-256\n',
    ].join('\n'),
    'pg_ident.conf': `owner ${account?.name ?? userInfo().username} "${superuser}"\n`,
  };
  for (const [name, text] of Object.entries(texts)) {
    const path = join(data, name);
    if (existsSync(path)) continue;
    writeFileSync(path, text, { mode: 0o600 });
    give(path, account);
  }
}
