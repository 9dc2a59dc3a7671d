/** How this very PostgreSQL is restarted, stopped and started on this machine, told by what keeps it there. Read, not done: Upkeep does none of it. */
import { existsSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { keeperOf } from '../../machine/last-listener.ts';
import { processListeningOn } from '../../machine/listeners.ts';
import { isLocalAddress } from '../../machine/local-listeners.ts';
import { processFacts, programName } from '../../machine/processes.ts';
import { commandLine } from '../../machine/run-program.ts';
import { destination, type PostgresConnection } from './client.ts';
import { clusterOf, controlOf, type Deed } from './debian-cluster.ts';

/** A command, ready to copy; words where nobody here can know one. @param data its data folder, null where it is not told */
export function restartWay(conn: PostgresConnection, data: string | null): Promise<string> {
  return way(conn, data, 'restart');
}

/** As `restartWay`; asked while the server runs. */
export async function controlWays(
  conn: PostgresConnection,
  data: string | null,
): Promise<{ readonly stop: string; readonly start: string }> {
  return { stop: await way(conn, data, 'stop'), start: await way(conn, data, 'start') };
}

async function way(conn: PostgresConnection, data: string | null, deed: Deed): Promise<string> {
  const pid = await postmasterOf(conn, data);
  const keeper = pid === undefined ? undefined : keeperOf(await textOf(`/proc/${pid}/cgroup`));
  if (keeper?.kind === 'unit') return `systemctl ${deed} ${keeper.name}`;
  if (keeper?.kind === 'container') return `${keeper.program} ${deed} ${keeper.id}`;
  const place = destination(conn.config);
  const isLocal = place === undefined || isLocalAddress(place.host);
  // Behind a port that another program leads on, a cluster of the same port is another server.
  const port = pid === undefined ? null : (place?.port ?? null);
  const cluster = isLocal ? clusterOf({ data, port }) : undefined;
  if (cluster !== undefined) return controlOf(cluster, deed, existsSync('/run/systemd/system'));
  if (data === null || !existsSync(data)) {
    return `${deed} PostgreSQL where it runs${place === undefined ? '' : ` (${place.host})`}, by what keeps it there`;
  }
  if (pid === undefined) return commandLine(['pg_ctl', '-D', data, ...optionsOf(deed, data), deed]);
  const program = await readlink(`/proc/${pid}/exe`).catch(() => 'postgres');
  const uid = (await processFacts(pid))?.uid;
  const user = uid === undefined || uid === process.getuid?.() ? undefined : await nameOf(uid);
  const words = [join(dirname(program), 'pg_ctl'), '-D', data, ...optionsOf(deed, data), deed];
  return commandLine(user === undefined ? words : ['runuser', '-u', user, '--', ...words]);
}

/** What it writes while it starts goes beside its folder, not to the terminal that it was started from. */
function optionsOf(deed: Deed, data: string): string[] {
  return deed === 'start' ? ['-l', `${data}.log`, '-w'] : ['-m', 'fast'];
}

async function postmasterOf(conn: PostgresConnection, data: string | null): Promise<number | undefined> {
  const own =
    data === null ? Number.NaN : Number((await textOf(join(data, 'postmaster.pid'))).split('\n')[0]);
  if (Number.isInteger(own) && own > 0) return own;
  const place = destination(conn.config);
  if (place === undefined || !isLocalAddress(place.host)) return undefined;
  const found = await processListeningOn(place.host, place.port).catch(() => undefined);
  // Another program listens where the network of a container is led through.
  return found && /postgres|postmaster/.test(programName(found)) ? found.pid : undefined;
}

async function nameOf(uid: number): Promise<string> {
  const lines = (await textOf('/etc/passwd')).split('\n').map((line) => line.split(':'));
  return lines.find((line) => line[2] === String(uid))?.[0] ?? `#${uid}`;
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
