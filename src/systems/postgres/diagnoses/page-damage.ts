import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { PostgresConnection } from '../client.ts';
import { look } from './evidence.ts';

const damagedSql = `
SELECT coalesce(datname, 'shared catalogues') AS database, checksum_failures::float8 AS failures,
       (extract(epoch FROM checksum_last_failure) * 1000)::float8 AS "lastAt"
  FROM pg_stat_database WHERE checksum_failures > 0 ORDER BY checksum_last_failure DESC LIMIT 20`;
const columns = ['database', 'failures', 'lastAt'] as const;

export const pageDamage: Diagnosis<PostgresConnection> = {
  id: 'postgres.page-damage',
  title: 'pages on disk are damaged',
  summary:
    'Pages on disk are not what PostgreSQL wrote: in which database, how many reads found it, when last',
  explains: ['postgres.checksum-failures'],
  gather: async (conn, target, ctx) => [
    await look(
      conn.work,
      target,
      ctx,
      { id: 'damaged', title: 'Reads that found a page damaged, by database', how: damagedSql.trim() },
      async (query) => ({
        table: tableOf(
          columns,
          await query<{ database: string; failures: number; lastAt: number }>(damagedSql),
        ),
      }),
    ),
  ],
  conclude,
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const seen = find(evidence, target, 'damaged');
  const rows = rowsOf(seen);
  const [last] = rows;
  if (seen === undefined || last === undefined) return [];
  const where = rows.map((row) => `${textOf(row.database)} (${numberOf(row.failures)})`).join(', ');
  const ago = formatDuration(Math.max(0, seen.at - numberOf(last.lastAt)));
  return [
    {
      id: 'postgres.page-damage',
      target,
      summary: `page checksums failed in ${where}, the last ${ago} before this look: what is on disk is not what PostgreSQL wrote`,
      explanation:
        'The number counts reads, not pages; the log of PostgreSQL names file and block ("invalid page in block …"). First keep what is good: let no backup from before the damage expire, look at the disk (dmesg, smartctl -a), and do not restart or VACUUM FULL to be rid of it. Then upkeep backup verify the backups, and restore one from before the damage beside it; pg_amcheck tells which tables and indexes are hit. An index can be rebuilt (REINDEX), a table cannot.',
      confidence: 0.9,
      evidence: [seen.id],
      unseen: ['which pages: they stand in the log of PostgreSQL alone', ...unseenOf(evidence)],
      recommendations: [],
    },
  ];
}
