import type { Evidence, Finding, Recommendation, Scalar } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { PostgresConnection } from '../client.ts';
import { holdersSql, readHolders } from '../holders.ts';
import { grantMonitor, visibility } from '../visibility.ts';
import { look } from './evidence.ts';

type Row = Readonly<Record<string, Scalar>>;

const tablesSql = `
SELECT s.schemaname AS schema, s.relname AS "table", s.n_dead_tup::float8 AS dead, s.n_live_tup::float8 AS live,
       pg_table_size(s.relid)::float8 AS bytes,
       extract(epoch FROM clock_timestamp() - greatest(s.last_vacuum, s.last_autovacuum))::float8 AS "vacuumedSeconds",
       coalesce((SELECT option_value FROM pg_options_to_table(c.reloptions) WHERE option_name = 'autovacuum_enabled'), 'true')
         NOT IN ('false', 'off', 'no', '0') AS "autovacuumed",
       EXISTS (SELECT FROM pg_stat_progress_vacuum p WHERE p.relid = s.relid) AS "beingVacuumed"
  FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
 WHERE s.n_dead_tup > 0 ORDER BY s.n_dead_tup DESC LIMIT 10`;
const tableColumns = [
  'schema',
  'table',
  'dead',
  'live',
  'bytes',
  'vacuumedSeconds',
  'autovacuumed',
  'beingVacuumed',
] as const;
const holderColumns = ['kind', 'who', 'pid', 'state', 'backendStart', 'name', 'age', 'seconds'] as const;

/** Both floors of postgres-ai's check F003: below either it is small change. */
const manyDead = 100_000;
const deadShare = 0.2;
/** A holder is what keeps the rows when a vacuum has run since it began, or when it is this old (P16, J). */
const longSeconds = 600;

export const deadRows: Diagnosis<PostgresConnection> = {
  id: 'postgres.dead-rows',
  title: 'dead rows pile up',
  summary: 'Dead rows pile up: who keeps vacuum from removing them, or why it does not run',
  explains: [
    'postgres.dead-tuples',
    'postgres.table-bloat',
    'postgres.horizon',
    'postgres.long-transaction',
    'postgres.autovacuum-excluded',
    'postgres.autovacuum-busy',
    'postgres.upkeep-off',
    'postgres.wraparound',
    'postgres.wraparound-soon',
    'postgres.freeze-overdue',
    'postgres.regressed-statement',
  ],
  async gather(conn, target, ctx) {
    const tables = await look(
      conn.work,
      target,
      ctx,
      { id: 'dead-rows', title: 'Tables with the most dead rows', how: tablesSql.trim() },
      async (query) => {
        const rows = await query<Record<(typeof tableColumns)[number], Scalar>>(tablesSql);
        const [server] = await query<{ autovacuum: string; workers: number; most: number }>(
          `SELECT current_setting('autovacuum') AS autovacuum, current_setting('autovacuum_max_workers')::int AS most,
                  (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'autovacuum worker') AS workers`,
        );
        return { facts: { ...server }, table: tableOf(tableColumns, rows) };
      },
    );
    const holders = await look(
      conn.work,
      target,
      ctx,
      { id: 'horizon-holders', title: 'Who still sees old rows', how: holdersSql.trim() },
      async (query) => {
        const who = await visibility(query);
        const table = tableOf(holderColumns, await readHolders(query));
        return who.seesAll
          ? { table }
          : {
              table,
              unseen: `role ${who.user} may not see what other sessions hold: ${grantMonitor(who.user)}`,
            };
      },
    );
    return [tables, holders];
  },
  conclude,
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const tables = find(evidence, target, 'dead-rows');
  const holders = find(evidence, target, 'horizon-holders');
  if (tables === undefined) return [];
  const swollen = rowsOf(tables).filter(
    (row) =>
      numberOf(row.dead) >= manyDead &&
      numberOf(row.dead) >= deadShare * (numberOf(row.dead) + numberOf(row.live)),
  );
  const [worst] = swollen;
  if (worst === undefined) return [];
  const base = {
    id: 'postgres.dead-rows',
    target,
    onlySlows: true as const,
    evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
    unseen: evidence.flatMap((piece) => (piece.unseen === undefined ? [] : [piece.unseen])),
  };
  const holder = rowsOf(holders).find((row) => keeps(row, worst));
  if (holder) return [{ ...base, ...heldBy(holder, worst, tables.at) }];
  return [{ ...base, ...notVacuumed(worst, tables, target) }];
}

/** Began before the last vacuum, which left the rows; or has lasted so long that it keeps most of them. */
function keeps(holder: Row, table: Row): boolean {
  if (holder.seconds === null) return holder.kind === 'slot' || holder.kind === 'standby';
  const seconds = numberOf(holder.seconds);
  const vacuumed = table.vacuumedSeconds;
  return seconds >= longSeconds || (typeof vacuumed === 'number' && vacuumed < seconds);
}

function heldBy(holder: Row, table: Row, at: number) {
  const who = textOf(holder.who);
  const lasts = holder.seconds === null ? '' : ` for ${formatDuration(numberOf(holder.seconds) * 1_000)}`;
  const vacuumed = table.vacuumedSeconds;
  const proof =
    typeof vacuumed === 'number' && vacuumed < numberOf(holder.seconds)
      ? `A vacuum ended ${formatDuration(vacuumed * 1_000)} ago, after it began, and left them.`
      : 'Rows that died since it began cannot be removed by any vacuum.';
  return {
    summary: `${who} has kept dead rows from being removed${lasts}; ${nameOf(table)} has ${numberOf(table.dead)} of them beside ${numberOf(table.live)} live ones`,
    explanation: `${who} still sees rows as they were ${numberOf(holder.age)} transactions ago. ${proof} Vacuum is of no use before ${remedyFor(holder)}; then vacuum the table.`,
    // Seen to precede a vacuum that left the rows: sure. By age alone: likely.
    confidence: typeof vacuumed === 'number' && vacuumed < numberOf(holder.seconds) ? 0.9 : 0.75,
    ...(holder.seconds === null ? {} : { onset: Math.round(at - numberOf(holder.seconds) * 1_000) }),
    recommendations: [],
  };
}

function remedyFor(holder: Row): string {
  if (holder.kind === 'slot') return `slot ${textOf(holder.name)} moves on or is dropped`;
  if (holder.kind === 'standby') return 'the long query on the standby ends (hot_standby_feedback is on)';
  if (holder.kind === 'prepared transaction') return 'it is committed or rolled back';
  return 'its transaction ends';
}

function notVacuumed(table: Row, tables: Evidence, target: string) {
  const name = nameOf(table);
  const counts = `${name} has ${numberOf(table.dead)} dead rows beside ${numberOf(table.live)} live ones`;
  const last =
    typeof table.vacuumedSeconds === 'number'
      ? `It was vacuumed ${formatDuration(table.vacuumedSeconds * 1_000)} ago.`
      : 'It was never vacuumed since the statistics began.';
  const recommendations: Recommendation[] =
    table.beingVacuumed === true
      ? []
      : [
          {
            action: 'postgres.vacuum',
            target,
            input: { schema: textOf(table.schema), table: textOf(table.table) },
            why: `nobody holds its ${numberOf(table.dead)} dead rows back`,
          },
        ];
  if (tables.facts?.autovacuum === 'off') {
    return {
      summary: `autovacuum is off for the whole server; ${counts}`,
      explanation: `${last} Nothing removes dead rows by itself, and transaction ids will run out as well: set autovacuum = on and reload.`,
      confidence: 0.95,
      recommendations: [
        ...recommendations,
        {
          action: 'postgres.set-setting',
          target,
          input: { name: 'autovacuum', value: 'on' },
          why: 'without it every table swells and transaction ids run out',
        },
      ],
    };
  }
  if (table.autovacuumed === false) {
    return {
      summary: `autovacuum is off for ${name}; ${counts}`,
      explanation: `${last} Its storage parameter autovacuum_enabled is off: ALTER TABLE ${name} RESET (autovacuum_enabled), unless somebody vacuums it on purpose.`,
      confidence: 0.9,
      recommendations,
    };
  }
  const workers = numberOf(tables.facts?.workers);
  const busy = workers > 0 && workers >= numberOf(tables.facts?.most);
  return {
    summary: `${table.beingVacuumed === true ? 'a vacuum is at work' : 'autovacuum does not keep up'}: ${counts}`,
    explanation: `${last} Nobody holds the rows back${busy ? `, and all ${workers} autovacuum workers are busy: raise autovacuum_vacuum_cost_limit or autovacuum_max_workers` : ''}.`,
    confidence: busy ? 0.8 : 0.6,
    recommendations,
  };
}

function nameOf(table: Row): string {
  return `${textOf(table.schema)}.${textOf(table.table)}`;
}
