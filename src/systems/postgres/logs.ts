/** Where the server logs: the collector's file as it names it itself, else what its process holds open. */
import { readFile, readlink } from 'node:fs/promises';
import { isLocalAddress } from '../../machine/local-listeners.ts';
import { logFilesOf, logFilesOfListener, namedLog } from '../../machine/logs/places.ts';
import { processFacts } from '../../machine/processes.ts';
import { applicationName, destination, type PostgresConnection } from './client.ts';

/**
 * Whether the role may ask for the file is a question of its own: the right is checked as a statement begins, so no CASE
 * guards it. From PostgreSQL 16 on `pg_monitor` may, before only a superuser.
 */
const question = `
  SELECT host(inet_server_addr()) AS address, pg_backend_pid() AS pid,
         (SELECT setting FROM pg_settings WHERE name = 'data_directory') AS data,
         has_function_privilege('pg_current_logfile()', 'EXECUTE') AS "mayAsk"`;

interface Answer {
  readonly address: string | null;
  readonly pid: number;
  readonly data: string | null;
  readonly mayAsk: boolean;
}

export async function logs(conn: PostgresConnection, signal: AbortSignal): Promise<readonly string[]> {
  const [server, file] = await conn.quick.use(signal, async (query) => {
    const [answer] = await query<Answer & Record<string, unknown>>(question);
    const [told] = answer?.mayAsk
      ? await query<{ file: string | null }>('SELECT pg_current_logfile() AS file')
      : [];
    return [answer, told?.file ?? null] as const;
  });
  if (!server || (server.address !== null && !isLocalAddress(server.address))) return [];
  // A container has numbers of its own for its processes, and its paths mean nothing here.
  const backend = await processFacts(server.pid);
  if (!backend || !/^postgres/.test(backend.name)) return [];
  const folder = server.data ?? (await readlink(`/proc/${backend.parentPid}/cwd`).catch(() => null));
  const current = file ?? (folder === null ? null : await currentOf(folder));
  const named =
    current === null
      ? []
      : await namedLog(current.startsWith('/') ? current : folder && `${folder}/${current}`);
  if (named.length > 0) return named;
  const ofParent = await logFilesOf(backend.parentPid);
  const to = destination(conn.config);
  return ofParent.length > 0 || to === undefined ? ofParent : logFilesOfListener(to);
}

/** The collector notes in the data folder which file it writes to: `stderr log/postgresql.log`, a line for each form. */
async function currentOf(folder: string): Promise<string | null> {
  const text = await readFile(`${folder}/current_logfiles`, 'utf8').catch(() => '');
  return /^stderr (.+)$/m.exec(text)?.[1] ?? /^\w+ (.+)$/m.exec(text)?.[1] ?? null;
}

const headLength = 200;

/**
 * By the process (`[812]`, `pid=812`, `"pid":812`) or the name of the application, as far as log_line_prefix has one of
 * them: a statement of ours that meets a lock ends after a second, and its error says nothing of the server.
 */
export function isOwnLogLine(conn: PostgresConnection, line: string): boolean {
  const { quick, work, seldom, plain } = conn;
  const head = line.slice(0, headLength);
  if (ownApplication.test(head) || isOfOwnCopy(conn, line)) return true;
  const pids = [...head.matchAll(/(?:\[|\bpid[=:" ]+)(\d{1,7})\b/g)].map(([, pid]) => Number(pid));
  return pids.some((pid) => [quick, work, seldom, plain].some((session) => session.hadPid(pid)));
}

/** A connection of our role for replication, which has no database: pg_basebackup and pg_receivewal, when they are ended. */
const cutOff =
  /([^\s@]+)@\[unknown\] .*(?:could not send data to client|connection to client lost|could not receive data from client|base backup could not send data|unexpected EOF on client connection|BASE_BACKUP|START_REPLICATION|replication slot "upkeep_)/;

function isOfOwnCopy({ config }: PostgresConnection, line: string): boolean {
  const [, role] = cutOff.exec(line) ?? [];
  return role !== undefined && role === decodeURIComponent(new URL(config.url).username);
}

const ownApplication = new RegExp(`(?:\\bapp(?:lication_name)?[=:" ]+|,")${applicationName}(?:[",\\s]|$)`);
