import { type Change, isTakenBack } from '../../../core/change.ts';
import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import { plain } from '../../../core/plain.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import type { PostgresConnection } from '../client.ts';
import { look } from './evidence.ts';
import { type Breach, breachOf, type Refused, refusedIn, rowSecurity } from './schema-refusals.ts';
import { logTail } from './server-log.ts';

const id = 'postgres.schema-changed';
const columns = ['what', 'back', 'line', 'statement', 'count', 'change', 'after', 'at'] as const;
const slackMs = 60_000;
/** Below that it may be somebody who mistyped a statement by hand (J). */
const oftenRefused = 5;

/** What the application's statements rely on was changed, or was never there. */
export const schemaChanged: Diagnosis<PostgresConnection> = {
  id,
  title: 'the schema does not fit the statements',
  summary:
    'Statements are refused because a table, column, constraint or function was changed under them, or is not there yet',
  explains: ['postgres.down'],
  async gather(conn, target, ctx) {
    const since = Math.min(...ctx.alerts.map((alert) => alert.since));
    const about = {
      id: 'misfits',
      title: 'Statements that no longer fit the schema, and what was changed in it',
      how: 'the log of the server; the ledger of changes',
    };
    return [
      await look(conn.quick, target, ctx, about, async (query) => {
        const changes = ctx.changes.filter(
          (one) =>
            one.target === target &&
            one.source === 'postgres.schema' &&
            (!Number.isFinite(since) || since >= one.after - slackMs),
        );
        const facts = { troubleSince: Number.isFinite(since) ? since : null };
        const hidden = changes.flatMap((change) => hiddenRows(change, ctx));
        const tail = await logTail(query, target, ctx);
        if ('unseen' in tail) return { ...tail, facts, table: tableOf(columns, hidden) };
        const from = Math.min(ctx.clock.now(), since) - slackMs;
        const rows = refusedIn(tail.lines, from)
          .slice(0, 20)
          .map((refused) => rowOf(refused, changes, ctx, tail.lines));
        return { facts, table: tableOf(columns, [...rows, ...hidden]) };
      }),
    ];
  },
  conclude,
};

/** Only a change that was there before the first refusal made it, and none that was put back since. */
function rowOf(
  refused: Refused,
  changes: readonly Change[],
  ctx: DiagnosisContext,
  lines: readonly string[],
): Row {
  const { line, statement } = refused;
  const since = (from: number) =>
    refusedIn(lines, from).find((one) => one.misfit === refused.misfit && one.name === refused.name)?.count ??
    0;
  const base = {
    line: plain(line, 300),
    statement: statement === null ? null : plain(statement, 300),
  };
  for (const change of changes)
    for (const difference of change.differences) {
      const breach = breachOf(refused, difference, change.differences);
      if (breach === undefined || isTakenBack(difference, change, ctx.changes)) continue;
      const times = since(change.after);
      if (times > 0) return { ...base, count: times, ...told(breach, change) };
    }
  // What was refused before the trouble began belongs to another.
  const onset = Math.min(...ctx.alerts.map((alert) => alert.since));
  const times = Number.isFinite(onset) ? since(onset) : refused.count;
  return { ...base, count: times, what: null, back: null, change: null, after: null, at: null };
}

/** Row security refuses no SELECT: rows are not there, and no log says so. */
function hiddenRows(change: Change, ctx: DiagnosisContext): Row[] {
  return change.differences.flatMap((difference): Row[] => {
    const { name, before, after } = difference;
    const breach = name.startsWith('table ') ? rowSecurity(name.slice(6), before, after) : undefined;
    if (breach === undefined || isTakenBack(difference, change, ctx.changes)) return [];
    return [{ line: null, statement: null, count: 0, ...told(breach, change) }];
  });
}

function told({ what, back }: Breach, { id: change, after, at }: Change): Row {
  return { what: plain(what, 300), back: back === null ? null : plain(back, 300), change, after, at };
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const misfits = find(evidence, target, 'misfits');
  const seen = new Set<string>();
  return rowsOf(misfits).flatMap((row): Finding[] => {
    const times = numberOf(row.count);
    const isChange = row.change !== null;
    const key = `${textOf(row.change)} ${textOf(row.what)}`;
    if (isChange ? seen.has(key) : times < oftenRefused) return [];
    seen.add(key);
    const line = textOf(row.line);
    const said = line.replace(/^.*?ERROR: +/, '');
    return [
      {
        id,
        target,
        summary: isChange
          ? `${textOf(row.what)}${times > 0 ? `, and ${count(times, 'statement')} ${times === 1 ? 'was' : 'were'} refused for it` : ''}`
          : `${count(times, 'statement')} were refused that do not fit the schema: ${said}`,
        explanation: isChange ? ofChange(row, said) : ofNoChange(row),
        // What was changed and what is refused agree; without words of the server only the time does.
        confidence: isChange ? (times > 0 ? 0.95 : 0.75) : 0.6,
        ...(isChange ? { change: textOf(row.change), onset: numberOf(row.at) } : {}),
        evidence: [misfits?.id ?? ''],
        unseen: [
          isChange ? 'whether it was meant' : 'what was changed, and on which side',
          ...unseenOf(evidence),
        ],
        recommendations: [],
      },
    ];
  });
}

function ofChange(row: Row, said: string): string {
  const statement = textOf(row.statement);
  return [
    said === ''
      ? 'The ledger has it; nobody is told of rows that are left out.'
      : `The server says: ${said}.`,
    statement === '' ? '' : `Such a statement: ${statement}.`,
    'Where it belongs to a release, the program that goes with it is missing: deploy that. Where nobody meant it,',
    row.back === null
      ? 'bring it back from the migration that made it, or from a backup.'
      : `take it back: ${textOf(row.back)}`,
  ]
    .filter(Boolean)
    .join(' ');
}

function ofNoChange(row: Row): string {
  const statement = textOf(row.statement);
  return `${statement === '' ? '' : `Such a statement: ${statement}. `}The ledger has no change of the schema that would explain it: a release may have come without its migration. Compare what was deployed last with the schema, and run what is missing, or roll the release back.`;
}
