import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, textOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { PostgresConnection } from '../client.ts';
import { grantMonitor } from '../visibility.ts';
import { look } from './evidence.ts';

/** The command itself may hold credentials, so only whether there is one is read. */
const archiverSql = `
SELECT current_user::text AS user, current_setting('archive_mode') AS mode, pg_is_in_recovery() AS standby,
       current_setting('archive_command') NOT IN ('', '(disabled)')
         OR coalesce(current_setting('archive_library', true), '') <> '' AS configured,
       extract(epoch FROM current_setting('archive_timeout')::interval)::float8 AS "timeoutSeconds",
       coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS failing,
       failed_count::float8 AS failed, last_failed_wal AS "failedWal",
       extract(epoch FROM clock_timestamp() - last_failed_time)::float8 AS "failedSeconds",
       extract(epoch FROM clock_timestamp() - last_archived_time)::float8 AS "archivedSeconds",
       has_function_privilege('pg_ls_archive_statusdir()', 'EXECUTE') AS readable
  FROM pg_stat_archiver`;
const waitingSql = `
SELECT count(*)::int AS waiting, extract(epoch FROM clock_timestamp() - min(modification))::float8 AS seconds
  FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'`;

type Archiver = Readonly<Record<string, string | number | boolean | null>>;

/** A healthy archiver takes seconds for a file; it is told by age, as one that hangs counts no failure (databases.md, fact 7). */
const hangingSeconds = 60;

export const archivingStuck: Diagnosis<PostgresConnection> = {
  id: 'postgres.archiving-stuck',
  title: 'the log does not get to its archive',
  summary: 'Finished write-ahead log does not get to the archive: the command fails, hangs or is not there',
  explains: [
    'postgres.archive-failing',
    'postgres.archive-age',
    'postgres.wal-size',
    'postgres.disk-full-soon',
  ],
  gather: async (conn, target, ctx) => [
    await look(
      conn.work,
      target,
      ctx,
      {
        id: 'archiver',
        title: 'The archiver and what waits for it',
        how: `${archiverSql.trim()};\n${waitingSql.trim()}`,
      },
      async (query) => {
        const [row] = await query<Archiver>(archiverSql);
        if (row?.readable !== true) {
          return {
            facts: { ...row },
            unseen: `role ${textOf(row?.user)} may not see which WAL waits to be archived: ${grantMonitor(textOf(row?.user))}`,
          };
        }
        const [ready] = await query<{ waiting: number; seconds: number | null }>(waitingSql);
        return { facts: { ...row, waiting: ready?.waiting ?? 0, waitingSeconds: ready?.seconds ?? null } };
      },
    ),
  ],
  conclude,
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const archiver = find(evidence, target, 'archiver');
  const { facts } = archiver ?? {};
  if (archiver === undefined || facts === undefined) return [];
  const runs = facts.mode === 'always' || (facts.mode === 'on' && facts.standby === false);
  if (!runs) return [];
  const age = numberOf(facts.waitingSeconds);
  const waiting = numberOf(facts.waiting);
  const since = formatDuration(age * 1_000);
  const finding = (summary: string, explanation: string, confidence: number): Finding => ({
    id: 'postgres.archiving-stuck',
    target,
    summary,
    explanation: `${explanation} Backups to a point in time end where the archive ends, and WAL piles up in pg_wal meanwhile: never delete there. Once it works again, take a fresh base backup and look that no file is missing.`,
    confidence,
    ...(age > 0 ? { onset: Math.round(archiver.at - age * 1_000) } : {}),
    evidence: [archiver.id],
    unseen: [
      'what the archive command says: the server logs its output',
      ...(archiver.unseen === undefined ? [] : [archiver.unseen]),
    ],
    recommendations: [],
  });
  if (facts.configured !== true) {
    return [
      finding(
        'archive_mode is on and there is no archive command, so nothing is archived',
        `${waiting} files wait.`,
        0.9,
      ),
    ];
  }
  const files = `${waiting} files wait, the oldest for ${since}`;
  if (facts.failing === true) {
    return [
      finding(
        `archiving ${textOf(facts.failedWal)} fails; ${files}`,
        `The archive command failed ${formatDuration(numberOf(facts.failedSeconds) * 1_000)} ago and nothing was archived since; it is tried again until it succeeds. Its output stands in the log of the server.`,
        // The server itself counts the failure; why it fails is in the log.
        0.95,
      ),
    ];
  }
  if (waiting === 0 || age < Math.max(hangingSeconds, numberOf(facts.timeoutSeconds))) return [];
  return [
    finding(
      `the archive command hangs or is too slow: ${files}, and no failure is counted`,
      'It neither succeeds nor fails: look at what it waits for (an unreachable repository, a full disk, a password prompt). A fast shutdown of the server would wait for it too.',
      0.85,
    ),
  ];
}
