import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { look } from '../../../protocols/mysql/evidence.ts';
import type { MysqlConnection } from '../client.ts';
import { grantOf, may } from '../privileges.ts';
import { isRunning, readChannels } from '../replica-status.ts';

const columns = [
  'channel',
  'source',
  'io',
  'sql',
  'ioErrno',
  'ioError',
  'sqlErrno',
  'sqlError',
  'lagSeconds',
  'relayLog',
  'position',
] as const;

/** What an error number of a replication thread means (MySQL error reference, MariaDB error codes). */
const meanings: Readonly<Record<number, string>> = {
  1032: 'a row that the source changed is not on the replica: somebody wrote there, or an event was skipped before',
  1045: 'the source does not accept the password of the replication user',
  1062: 'a row with this key is on the replica already: somebody wrote there, or an event was applied twice',
  1146: 'a table is missing on the replica',
  1205: 'a session on the replica holds the lock that applying needs',
  1236: 'the source no longer has the binary log that the replica needs, or its position is wrong: the replica must be built anew',
  1593: 'both servers have the same server_id, or the settings do not fit',
  1594: 'the relay log cannot be read: it was damaged, often by a crash',
  1950: 'a gap or an event out of order in the GTIDs',
  2003: 'the source cannot be reached',
  2013: 'the connection to the source broke',
};

export const replicationStopped: Diagnosis<MysqlConnection> = {
  id: 'mysql.replication-stopped',
  title: 'replication has stopped',
  summary: 'A replica does not receive or does not apply: which thread stopped, and at what error',
  explains: ['mysql.replica-io-stopped', 'mysql.replica-sql-stopped', 'mysql.replica-lag'],
  async gather(conn, target, ctx) {
    return [
      await look(
        conn.work,
        target,
        ctx,
        {
          id: 'replica-status',
          title: 'Threads of the replica',
          how: 'SHOW ALL SLAVES STATUS (MariaDB), SHOW REPLICA STATUS (MySQL)',
        },
        async (db) => {
          if (!(await may(db, 'replication'))) {
            return { unseen: `the state of replication cannot be seen: ${await grantOf(db, 'replication')}` };
          }
          const channels = await readChannels(db);
          return {
            facts: { channels: channels.length },
            table: tableOf(
              columns,
              channels.map((one) => ({
                ...one,
                // They quote rows: enough to know which, not the data.
                ioError: one.ioError.slice(0, 300),
                sqlError: one.sqlError.slice(0, 300),
              })),
            ),
          };
        },
      ),
    ];
  },
  conclude,
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const status = find(evidence, target, 'replica-status');
  return rowsOf(status)
    .filter((row) => !isRunning(textOf(row.io)) || !isRunning(textOf(row.sql)))
    .map((row) => findingOf(row, target, evidence));
}

function findingOf(row: Row, target: string, evidence: readonly Evidence[]): Finding {
  const isSql = !isRunning(textOf(row.sql)) && (numberOf(row.sqlErrno) > 0 || isRunning(textOf(row.io)));
  const errno = numberOf(isSql ? row.sqlErrno : row.ioErrno);
  const error = textOf(isSql ? row.sqlError : row.ioError);
  const thread = isSql ? 'SQL' : 'IO';
  const isBoth = !isRunning(textOf(row.sql)) && !isRunning(textOf(row.io));
  const state = textOf(isSql ? row.sql : row.io);
  const doing = isSql || state === 'No' ? 'has stopped' : 'cannot connect';
  const why = errno > 0 ? ` at error ${errno}: ${error}` : ', and no error is kept: somebody stopped it';
  return {
    id: 'mysql.replication-stopped',
    target,
    summary: `the ${isBoth && errno === 0 ? 'IO and SQL threads' : `${thread} thread`} of the replica from ${textOf(row.source)} ${doing}${why}`,
    explanation: [
      errno > 0
        ? `${errno} means: ${meanings[errno] ?? 'see the error text'}.`
        : 'STOP REPLICA leaves no error behind.',
      isSql
        ? `What the source sent is kept; nothing is applied since ${textOf(row.relayLog)}:${textOf(row.position)}, so reads here show the state of then and the lag is unknown, not zero.`
        : 'Nothing new is received; what was received before is still applied.',
      isSql && [1032, 1062].includes(errno)
        ? 'Never skip the event (SQL_SLAVE_SKIP_COUNTER): the difference would stay and grow. Find who wrote on the replica (read_only, super_read_only), compare with pt-table-checksum, and build the replica anew or repair the row by hand.'
        : errno === 0
          ? 'Ask who stopped it and why; START REPLICA lets it go on.'
          : 'Repair what the error names, then START REPLICA.',
    ].join(' '),
    confidence: errno > 0 ? 0.95 : 0.8,
    evidence: evidence.filter((piece) => piece.id === `${target}.replica-status`).map((piece) => piece.id),
    unseen: [
      ...unseenOf(evidence),
      ...(isSql && errno > 0 ? ['how far the data differs from the source'] : []),
    ],
    recommendations: [],
  };
}
