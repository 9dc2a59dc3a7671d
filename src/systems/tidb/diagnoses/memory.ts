import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { TidbConnection } from '../client.ts';
import { isBackup, isOurs, type Process, processesSql, processOf } from '../sessions.ts';
import { idsOf, rowsBy } from './gather.ts';

const gibibyte = 1_073_741_824;
/** A statement with this share of its server's limit is what fills it (J). */
export const leastShare = 0.2;

export const usageSql = `SELECT INSTANCE AS instance, MEMORY_LIMIT AS most, MEMORY_CURRENT AS used, SESSION_KILL_TOTAL AS kills
  FROM information_schema.CLUSTER_MEMORY_USAGE`;

const endedSql = `SELECT INSTANCE AS instance, CAST(TIME AS CHAR) AS ended, USER AS user, MEM AS memory, SQL_DIGEST AS digest,
       SUBSTRING(SQL_TEXT, 1, 200) AS statement
  FROM information_schema.CLUSTER_MEMORY_USAGE_OPS_HISTORY ORDER BY TIME DESC LIMIT 20`;

export const memory: Diagnosis<TidbConnection> = {
  id: 'tidb.memory',
  title: 'a statement fills the memory',
  summary: 'Which statement fills the memory of a TiDB server, and which were ended for it',
  explains: ['tidb.memory', 'tidb.memory-kills', 'tidb.heap', 'tidb.host-memory', 'tidb.instance-gone'],
  async gather(conn, target, ctx) {
    return [
      await rowsBy<Row>(
        conn,
        target,
        ctx,
        { id: 'memory', title: 'Memory of the TiDB servers', how: usageSql },
        ['instance', 'used', 'most', 'kills'],
        (row) => ({
          instance: row.instance ?? null,
          used: Number(row.used),
          most: Number(row.most),
          kills: Number(row.kills),
        }),
      ),
      await rowsBy<Process>(
        conn,
        target,
        ctx,
        { id: 'sessions', title: 'Sessions', how: processesSql },
        ['id', 'instance', 'user', 'command', 'seconds', 'digest', 'memory', 'statement', 'isBackup'],
        (row) => {
          const { id, instance, user, command, seconds, digest, memory: used, statement } = processOf(row);
          return {
            id,
            instance,
            user,
            command,
            seconds,
            digest,
            memory: used,
            statement,
            isBackup: isBackup(row) || isOurs(row),
          };
        },
      ),
      await rowsBy<Row>(
        conn,
        target,
        ctx,
        { id: 'ended', title: 'Sessions that were ended for want of memory', how: endedSql },
        ['instance', 'ended', 'user', 'memory', 'digest', 'statement'],
        (row) => ({ ...row, memory: Number(row.memory) }),
      ),
    ];
  },
  conclude,
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const servers = rowsOf(find(evidence, target, 'memory'));
  const sessions = rowsOf(find(evidence, target, 'sessions'));
  const base = {
    id: 'tidb.memory',
    target,
    evidence: idsOf(evidence, target),
    unseen: unseenOf(evidence),
  };
  const large = servers.flatMap((server): Finding[] => {
    const limit = numberOf(server.most);
    const [top] = sessions
      .filter((one) => one.instance === server.instance && one.command !== 'Sleep')
      .toSorted((a, b) => numberOf(b.memory) - numberOf(a.memory));
    if (top === undefined || limit <= 0 || numberOf(top.memory) < limit * leastShare) return [];
    return [{ ...base, ...largeWords(top, server, target) }];
  });
  if (large.length > 0) return large;
  const ended = rowsOf(find(evidence, target, 'ended'));
  const [digest, times = []] =
    [...Map.groupBy(ended, (row) => textOf(row.digest))]
      .toSorted((a, b) => b[1].length - a[1].length)
      .at(0) ?? [];
  const [last] = times;
  if (digest === undefined || last === undefined) return [];
  return [
    {
      ...base,
      summary: `TiDB ended ${count(ended.length, 'session')} for want of memory, ${times.length} of them with one statement: ${textOf(last.statement)}`,
      explanation: `The last took ${gibibytes(numberOf(last.memory))} for ${textOf(last.user)} on ${textOf(last.instance)}. tidb_mem_quota_query bounds each statement, so that one alone fails and not its server; an index or less rows make it small.`,
      confidence: 0.7,
      recommendations: [],
    },
  ];
}

function largeWords(
  top: Row,
  server: Row,
  target: string,
): Pick<Finding, 'summary' | 'explanation' | 'confidence' | 'recommendations'> {
  const isFull = numberOf(server.used) >= numberOf(server.most) * 0.8;
  return {
    summary: `one statement of ${textOf(top.user)} (session ${textOf(top.id)}) takes ${gibibytes(numberOf(top.memory))} of the ${gibibytes(numberOf(server.most))} of TiDB ${textOf(server.instance)}`,
    explanation: `It has run for ${formatDuration(numberOf(top.seconds) * 1_000)}; the server uses ${Math.round((numberOf(server.used) / numberOf(server.most)) * 100)} % of its limit and ends the largest session at 100 %. ${textOf(top.statement)}`,
    confidence: isFull ? 0.9 : 0.6,
    recommendations:
      isFull && top.isBackup !== true && textOf(top.digest) !== ''
        ? [
            {
              action: 'tidb.kill-query',
              target,
              input: { id: textOf(top.id), user: textOf(top.user), digest: textOf(top.digest) },
              why: 'it fills the memory that every other session of this server needs',
            },
          ]
        : [],
  };
}

function gibibytes(bytes: number): string {
  return `${(bytes / gibibyte).toFixed(1)} GiB`;
}
