/** Where the server logs: the collector's file as it names it itself, else what its process holds open. */
import { isLocalAddress } from '../../machine/local-listeners.ts';
import { logFilesOf, logFilesOfListener, namedLog } from '../../machine/logs/places.ts';
import { processFacts } from '../../machine/processes.ts';
import { applicationName, destination, type PostgresConnection } from './client.ts';

/** `pg_current_logfile()` is for `pg_monitor`; without it the settings still name the folder where they may be read. */
const question = `
  SELECT host(inet_server_addr()) AS address, pg_backend_pid() AS pid,
         (SELECT setting FROM pg_settings WHERE name = 'data_directory') AS data,
         CASE WHEN has_function_privilege('pg_current_logfile()', 'EXECUTE') THEN pg_current_logfile() END AS file`;

interface Answer {
  readonly address: string | null;
  readonly pid: number;
  readonly data: string | null;
  readonly file: string | null;
}

export async function logs(conn: PostgresConnection, signal: AbortSignal): Promise<readonly string[]> {
  const [server] = await conn.quick.use(signal, (query) => query<Answer & Record<string, unknown>>(question));
  if (!server || (server.address !== null && !isLocalAddress(server.address))) return [];
  // A container has numbers of its own for its processes, and its paths mean nothing here.
  const backend = await processFacts(server.pid);
  if (!backend || !/^postgres/.test(backend.name)) return [];
  const { file, data } = server;
  const named = file === null ? [] : await namedLog(file.startsWith('/') ? file : data && `${data}/${file}`);
  if (named.length > 0) return named;
  const ofParent = await logFilesOf(backend.parentPid);
  const to = destination(conn.config);
  return ofParent.length > 0 || to === undefined ? ofParent : logFilesOfListener(to);
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
