import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { look, type Part } from '../../../protocols/mysql/evidence.ts';
import { isHere, type MysqlConnection } from '../client.ts';
import { grantOf, may } from '../privileges.ts';
import { roomOf } from '../probes/disk.ts';
import { isDumpToReplica, ownMark, readSessions } from '../sessions.ts';
import { readVariables } from '../status.ts';

const gibibyte = 1_073_741_824;
/** Binary logs below this share of what is used do not explain a full disk (J). */
const leastShare = 0.2;

export const diskGrowth: Diagnosis<MysqlConnection> = {
  id: 'mysql.disk-growth',
  title: 'the database fills the disk',
  summary: 'What of the database fills the disk: binary logs and what keeps them, the largest databases',
  explains: ['mysql.disk', 'mysql.binlog-growth'],
  async gather(conn, target, ctx) {
    const logs = await look(
      conn.work,
      target,
      ctx,
      {
        id: 'binary-logs',
        title: 'Binary logs',
        how: 'SHOW BINARY LOGS; SELECT @@binlog_expire_logs_seconds',
      },
      async (db): Promise<Part> => {
        const values = await readVariables(
          db,
          'log_bin',
          'binlog_expire_logs_seconds',
          'expire_logs_days',
          'datadir',
        );
        const room = isHere(conn.config) ? await roomOf(values.text('datadir') ?? '') : undefined;
        const disk = { size: room?.size ?? null, available: room?.available ?? null };
        if (!values.isOn('log_bin')) return { facts: { ...disk, isOn: false, bytes: 0 } };
        if (!(await may(db, 'binlog')))
          return { facts: disk, unseen: `the binary logs: ${await grantOf(db, 'binlog')}` };
        const files = await db.query<{ Log_name: string; File_size: number }>('SHOW BINARY LOGS');
        const replicas = (await readSessions(db)).filter(isDumpToReplica).length;
        return {
          facts: {
            ...disk,
            isOn: true,
            files: files.length,
            bytes: files.reduce((sum, file) => sum + Number(file.File_size), 0),
            oldest: files[0]?.Log_name ?? null,
            keptSeconds:
              values.number('binlog_expire_logs_seconds') ||
              (values.number('expire_logs_days') ?? 0) * 86_400,
            replicas,
          },
        };
      },
    );
    const databases = await look(
      conn.work,
      target,
      ctx,
      {
        id: 'largest-databases',
        title: 'Largest databases',
        how: 'information_schema.TABLES: DATA_LENGTH + INDEX_LENGTH',
      },
      async (db) => {
        const rows = await db.query<{ database: string; bytes: number | null }>(
          `${ownMark} SELECT TABLE_SCHEMA AS \`database\`, SUM(DATA_LENGTH + INDEX_LENGTH) AS bytes
             FROM information_schema.TABLES GROUP BY TABLE_SCHEMA ORDER BY bytes DESC LIMIT 10`,
        );
        return {
          table: tableOf(
            ['database', 'bytes'],
            rows.map((row) => ({ database: row.database, bytes: Number(row.bytes ?? 0) })),
          ),
        };
      },
    );
    return [logs, databases];
  },
  conclude,
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const facts = find(evidence, target, 'binary-logs')?.facts;
  const bytes = numberOf(facts?.bytes);
  const used = numberOf(facts?.size) - numberOf(facts?.available);
  const isLarge = used > 0 ? bytes / used >= leastShare : bytes >= 10 * gibibyte;
  if (!isLarge || bytes === 0) return [];
  const kept = numberOf(facts?.keptSeconds);
  const [largest] = rowsOf(find(evidence, target, 'largest-databases'));
  return [
    {
      id: 'mysql.disk-growth',
      target,
      summary: `binary logs take ${gibibytes(bytes)}${used > 0 ? ` of ${gibibytes(used)} used` : ''}, in ${numberOf(facts?.files)} files from ${textOf(facts?.oldest)} on`,
      explanation: [
        kept === 0
          ? 'They never expire (binlog_expire_logs_seconds is 0).'
          : `They are kept for ${Math.round(kept / 3_600)} h.`,
        `${numberOf(facts?.replicas)} replicas read them now; a replica that is away still needs what it has not read, and so does recovery to a point in time.`,
        'When every replica and the backup have them: PURGE BINARY LOGS BEFORE …, never rm; then set binlog_expire_logs_seconds.',
        largest === undefined
          ? ''
          : `The largest database is ${textOf(largest.database)} with ${gibibytes(numberOf(largest.bytes))}.`,
      ]
        .filter(Boolean)
        .join(' '),
      confidence: used > 0 ? 0.8 : 0.6,
      evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
      unseen: [...unseenOf(evidence), 'what else fills the disk, outside of the database'],
      recommendations: [],
    },
  ];
}

function gibibytes(bytes: number): string {
  return bytes >= gibibyte ? `${(bytes / gibibyte).toFixed(1)} GiB` : `${(bytes / 1_048_576).toFixed(0)} MiB`;
}
