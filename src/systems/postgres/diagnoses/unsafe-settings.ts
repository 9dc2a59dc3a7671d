import type { Change } from '../../../core/change.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { PostgresConnection } from '../client.ts';
import type { Query } from '../session.ts';
import { unsafeSettings } from '../unsafe-settings.ts';
import { look } from './evidence.ts';

const risks: Readonly<Record<string, string>> = {
  fsync: 'after a crash of the machine the database may be damaged beyond repair',
  full_page_writes: 'a page that was half written at a crash stays torn',
  zero_damaged_pages: 'a damaged page is read as empty, and its rows are gone',
  ignore_checksum_failure: 'damaged pages are passed over, and the damage spreads',
  ignore_invalid_pages: 'recovery passes over pages that are missing',
};

/** The file is told to superusers alone; its name and line are null for others. */
const unsafeSql = `
SELECT name, setting AS set, source, sourcefile AS file, sourceline AS line, context
  FROM pg_settings WHERE name = ANY($1) ORDER BY name`;
const columns = [
  'name',
  'set',
  'source',
  'file',
  'line',
  'context',
  'before',
  'notBeforeAt',
  'seenAt',
  'change',
];

export const unsafeSetting: Diagnosis<PostgresConnection> = {
  id: 'postgres.unsafe-setting',
  title: 'a setting that protects the data is off',
  summary:
    'A setting that protects the data is off: which, since when, where it is set and how to take it back',
  explains: ['postgres.unsafe-settings'],
  gather: async (conn, target, ctx) => {
    // Most servers have none, and the probe has looked already.
    if (ctx.latest(target, 'postgres.settings.unsafe').at(0)?.value === 0) return [];
    const piece = await look(
      conn.work,
      target,
      ctx,
      { id: 'unsafe-settings', title: 'Settings that risk the data', how: unsafeSql.trim() },
      async (query) => ({ table: tableOf(columns, await rowsNow(query, target, ctx)) }),
    );
    return [piece];
  },
  conclude,
};

async function rowsNow(query: Query, target: string, ctx: DiagnosisContext): Promise<Row[]> {
  const rows = await query<Row>(unsafeSql, [Object.keys(unsafeSettings)]);
  return rows
    .filter(({ name, set }) => unsafeSettings[textOf(name)] === textOf(set))
    .map((row) => {
      const made = madeBy(textOf(row.name), target, ctx.changes);
      return { ...row, ...made };
    });
}

/** The newest change of the ledger that made it so. */
function madeBy(name: string, target: string, changes: readonly Change[]): Row {
  const made = changes
    .filter(({ target: to, source }) => to === target && source === 'postgres.settings')
    .toSorted((a, b) => b.at - a.at)
    .flatMap((change) => {
      const difference = change.differences.find((one) => one.name === name);
      return difference ? [{ change, difference }] : [];
    })[0];
  if (!made) return { before: null, notBeforeAt: null, seenAt: null, change: null };
  const { change, difference } = made;
  return { before: difference.before, notBeforeAt: change.after, seenAt: change.at, change: change.id };
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const piece = find(evidence, target, 'unsafe-settings');
  return rowsOf(piece).map((row): Finding => {
    const name = textOf(row.name);
    const isKnown = row.seenAt !== null;
    const age = isKnown && piece ? piece.at - numberOf(row.seenAt) : null;
    const since = age === null ? '' : `, seen first ${formatDuration(Math.max(0, age))} ago`;
    return {
      id: 'postgres.unsafe-setting',
      target,
      summary: `${name} = ${textOf(row.set)}${since}: ${risks[name] ?? 'the data is at risk'}`,
      explanation: `${placeOf(row)} ${isKnown ? `Before it was ${textOf(row.before)}; it was changed in the ${formatDuration(numberOf(row.seenAt) - numberOf(row.notBeforeAt))} before it was seen.` : 'It has been so since Upkeep looked first, or for longer than the changes of the last day.'} ${remedyOf(row)}`,
      confidence: 0.95,
      ...(isKnown ? { onset: numberOf(row.notBeforeAt), change: textOf(row.change) } : {}),
      evidence: piece === undefined ? [] : [piece.id],
      unseen: [
        `who set it: PostgreSQL keeps no name; its log has it where log_statement is ddl or all, and \`upkeep change list ${target}\` what was reported`,
      ],
      recommendations: [],
    };
  });
}

function isOfAlterSystem({ file }: Row): boolean {
  return /postgresql\.auto\.conf$/.test(textOf(file));
}

function placeOf(row: Row): string {
  const line = row.line === null ? '' : ` line ${textOf(row.line)}`;
  if (isOfAlterSystem(row)) return `ALTER SYSTEM set it (${textOf(row.file)}${line}).`;
  if (row.file !== null) return `It is set in ${textOf(row.file)}${line}.`;
  return row.source === 'configuration file'
    ? 'It is set in a configuration file; which one is shown to roles with pg_read_all_settings.'
    : `It comes from: ${textOf(row.source)}.`;
}

function remedyOf(row: Row): string {
  const name = textOf(row.name);
  const back =
    row.source === 'command line'
      ? 'Take it out of the command line of the server and restart it.'
      : row.file === null || isOfAlterSystem(row)
        ? `To take it back: ALTER SYSTEM RESET ${name}; SELECT pg_reload_conf();`
        : `To take it back: correct that line, then SELECT pg_reload_conf();`;
  return `${back} Then take a new base backup: what was written meanwhile may be damaged unseen if the machine crashed.`;
}
