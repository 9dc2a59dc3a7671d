import { isTakenBack } from '../../../core/change.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { look } from '../../../protocols/mysql/evidence.ts';
import type { MysqlConnection } from '../client.ts';
import { grantOf, may } from '../privileges.ts';
import { readChannels } from '../replica-status.ts';
import { readVariables } from '../status.ts';

/** MySQL 8.4 Reference Manual, server system variables; MariaDB has the first only. */
const names = ['read_only', 'super_read_only'] as const;
const columns = ['name', 'value', 'change', 'changedAt', 'noticedAfter'] as const;
const slackMs = 60_000;

export const madeReadOnly: Diagnosis<MysqlConnection> = {
  id: 'mysql.made-read-only',
  title: 'the server was made read-only',
  summary: 'A server that replicates from nobody takes no writes: since when, by which change',
  explains: ['mysql.read-only'],
  async gather(conn, target, ctx) {
    if (ctx.latest(target, 'mysql.read_only').at(0)?.value !== 1) return [];
    const about = {
      id: 'read-only',
      title: 'Whether it takes writes, and from whom it replicates',
      how: "SHOW GLOBAL VARIABLES LIKE '%read_only'; SHOW ALL SLAVES STATUS (MariaDB), SHOW REPLICA STATUS (MySQL)",
    };
    return [
      await look(conn.work, target, ctx, about, async (db) => {
        if (!(await may(db, 'replication')))
          return { unseen: `whether it is a replica cannot be seen: ${await grantOf(db, 'replication')}` };
        const values = await readVariables(db, ...names);
        const since = Math.min(...ctx.alerts.map((alert) => alert.since));
        const rows = names
          .filter((name) => values.isOn(name))
          .map((name) => ({ name, value: 'ON', ...changeOf(name, target, ctx) }));
        return {
          facts: {
            replicatesFrom: (await readChannels(db)).length,
            troubleSince: Number.isFinite(since) ? since : null,
          },
          table: tableOf(columns, rows),
        };
      }),
    ];
  },
  conclude,
};

function changeOf(name: string, target: string, ctx: DiagnosisContext) {
  const change = ctx.changes.find(
    ({ source, target: to, at, differences }) =>
      source === 'mysql.variables' &&
      to === target &&
      differences.some((one) => one.name === name && !isTakenBack(one, { target, source, at }, ctx.changes)),
  );
  return { change: change?.id ?? null, changedAt: change?.at ?? null, noticedAfter: change?.after ?? null };
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const seen = find(evidence, target, 'read-only');
  // What copies another server is read-only by design.
  if (seen === undefined || numberOf(seen.facts?.replicatesFrom) > 0) return [];
  const rows = rowsOf(seen);
  const row = rows.find(({ change }) => change !== null) ?? rows[0];
  if (row === undefined) return [];
  const { troubleSince } = seen.facts ?? {};
  const isChange = row.change !== null;
  // What was refused before the change was not refused for it.
  if (isChange && typeof troubleSince === 'number' && troubleSince < numberOf(row.noticedAfter) - slackMs)
    return [];
  const set = rows.map(({ name }) => textOf(name)).join(' and ');
  const when = isChange
    ? `${textOf(row.name)} was changed ${formatDuration(Math.max(0, seen.at - numberOf(row.changedAt)))} before this look.`
    : 'The ledger does not have when it was set: it may have been so for long, and be meant.';
  return [
    {
      id: 'mysql.made-read-only',
      target,
      summary: `${set} ${rows.length === 1 ? 'is' : 'are'} on, and it replicates from nobody: every write is refused with error 1290`,
      explanation: `${when} Where nobody meant it, let it take writes again: SET GLOBAL ${textOf(row.name)} = OFF; and take it out of my.cnf should it stand there. Where a failover was under way, find out first which server takes the writes now: two that do part for good.`,
      confidence: isChange ? 0.9 : 0.45,
      ...(isChange ? { change: textOf(row.change), onset: numberOf(row.changedAt) } : {}),
      evidence: [seen.id],
      unseen: ['whether it was meant', ...unseenOf(evidence)],
      recommendations: [],
    },
  ];
}
