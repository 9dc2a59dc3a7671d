/** The end of the server's own log, through the server or as Upkeep follows it: what it says is untrusted text. */
import { plain } from '../../../core/plain.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { askedOfSuperuser, grantPlace } from '../grants.ts';
import type { Query } from '../session.ts';
import { grantMonitor, quoteName } from '../visibility.ts';

const tailBytes = 262_144;
/** Of the files that Upkeep follows itself, where the server lets nobody read its log. */
const followedMs = 3_600_000;

export type LogTail = { readonly lines: readonly string[] } | { readonly unseen: string };

/** Lines of the current log file, oldest first; the first may be cut. */
export async function logTail(query: Query, target: string, ctx: DiagnosisContext): Promise<LogTail> {
  const read = await throughServer(query);
  if (!('unseen' in read)) return read;
  const now = ctx.clock.now();
  const followed = ctx.logs(target, { from: now - followedMs, to: now })?.lines ?? [];
  return followed.length > 0 ? { lines: followed.map(({ text }) => text) } : read;
}

/** The grants that still lack for reading the log through the server. */
export async function lackingForLog(query: Query): Promise<string[]> {
  const [may] = await query<{ user: string; monitors: boolean; reads: boolean }>(
    `SELECT current_user::text AS user,
            has_function_privilege('pg_ls_logdir()', 'EXECUTE')
              AND pg_has_role('pg_read_all_settings', 'USAGE') AS monitors,
            has_function_privilege('pg_read_binary_file(text, bigint, bigint)', 'EXECUTE') AS reads`,
  );
  const user = may?.user ?? 'upkeep';
  return [
    ...(may?.monitors ? [] : [grantMonitor(user)]),
    ...(may?.reads
      ? []
      : [`GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint) TO ${quoteName(user)};`]),
  ];
}

async function throughServer(query: Query): Promise<LogTail> {
  const lacking = await lackingForLog(query);
  if (lacking.length > 0) {
    const asked = askedOfSuperuser(await grantPlace(query), lacking);
    return { unseen: `the log of the server may not be read; ${asked}` };
  }
  const [server] = await query<{ collects: boolean }>(
    `SELECT current_setting('logging_collector') = 'on' AS collects`,
  );
  // pg_current_logfile would say which, but is for superusers before PostgreSQL 16.
  const [current] = server?.collects
    ? await query<{ path: string; size: number }>(
        `SELECT current_setting('log_directory') || '/' || name AS path, size::float8 AS size FROM pg_ls_logdir()
          WHERE name !~ '\\.(csv|json)$' ORDER BY modification DESC, name DESC LIMIT 1`,
      )
    : [];
  if (current === undefined) {
    return {
      unseen:
        'the server writes no log file of its own (logging_collector is off); look where its output goes',
    };
  }
  const from = Math.max(0, current.size - tailBytes);
  const [row] = await query<{ bytes: Buffer }>(
    'SELECT pg_read_binary_file($1, $2::bigint, $3::bigint) AS bytes',
    [current.path, from, tailBytes],
  );
  return { lines: (row?.bytes.toString('utf8') ?? '').split('\n').map((line) => line.slice(0, 2_000)) };
}

/** Lines that match, the newest `most` of them, made fit for people. */
export function matching(lines: readonly string[], pattern: RegExp, most = 10): string[] {
  return lines
    .filter((line) => pattern.test(line))
    .slice(-most)
    .map((line) => plain(line));
}

/** A line that begins with a time of before; without a time it is taken for new. */
export function isOlder(line: string, from: number): boolean {
  const [, day, time, zone] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) (UTC|GMT)\b/.exec(line) ?? [];
  return zone !== undefined && Date.parse(`${day}T${time}Z`) < from;
}
