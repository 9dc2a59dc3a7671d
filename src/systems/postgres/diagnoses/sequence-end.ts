import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { PostgresConnection } from '../client.ts';
import { grantPlace } from '../grants.ts';
import { look } from './evidence.ts';

/** A sequence ends where it says or where the column that takes its numbers ends, whichever comes first. */
const sequencesSql = `
WITH taken AS (
  SELECT d.objid AS seq, d.refobjid AS rel, d.refobjsubid AS att FROM pg_depend d
   WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
  UNION
  SELECT d.refobjid, f.adrelid, f.adnum FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid
   WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
), used AS (
  SELECT format('%I.%I', n.nspname, c.relname) AS sequence, format('%s.%I', t.rel::regclass, a.attname) AS "column",
         format_type(a.atttypid, NULL) AS type, pg_sequence_last_value(c.oid)::float8 AS last, s.seqincrement::float8 AS step,
         least(s.seqmax, CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 END)::float8 AS "limit"
    FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN taken t ON t.seq = c.oid LEFT JOIN pg_attribute a ON a.attrelid = t.rel AND a.attnum = t.att
   WHERE NOT s.seqcycle AND s.seqincrement > 0 AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'SELECT, USAGE') END
)
SELECT *, last / "limit" AS share FROM used WHERE last / "limit" >= 0.5 ORDER BY share DESC LIMIT 20`;
const columns = ['sequence', 'column', 'type', 'last', 'step', 'limit', 'share'] as const;
const hiddenSql = `
SELECT count(*)::int AS hidden FROM pg_class c
 WHERE CASE WHEN c.relkind = 'S' THEN NOT has_sequence_privilege(c.oid, 'SELECT, USAGE') END`;

/** databases.md P39: warning at 75 %, critical at 90 % (PgHero 90, check_postgres 85 and 95). */
const nearShare = 0.75;

export const sequenceEnd: Diagnosis<PostgresConnection> = {
  id: 'postgres.sequence-end',
  title: 'a sequence runs out of numbers',
  summary: 'A sequence has few numbers left before its own end or that of its column',
  explains: ['postgres.sequence-end', 'postgres.sequence-soon'],
  gather: async (conn, target, ctx) => [
    await look(
      conn.work,
      target,
      ctx,
      { id: 'sequences', title: 'Sequences that have used half of their numbers', how: sequencesSql.trim() },
      async (query) => {
        const rows = await query<Record<(typeof columns)[number], string | number | null>>(sequencesSql);
        const [row] = await query<{ hidden: number }>(hiddenSql);
        const table = tableOf(columns, rows);
        if ((row?.hidden ?? 0) === 0) return { table };
        const { role } = await grantPlace(query);
        return {
          table,
          unseen: `${row?.hidden} sequences may not be read; as a superuser: GRANT pg_read_all_data TO ${role};`,
        };
      },
    ),
  ],
  conclude,
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const sequences = find(evidence, target, 'sequences');
  return rowsOf(sequences).flatMap((row): Finding[] => {
    const share = numberOf(row.share);
    if (share < nearShare || sequences === undefined) return [];
    const left = Math.max(
      0,
      Math.floor((numberOf(row.limit) - numberOf(row.last)) / Math.max(1, numberOf(row.step))),
    );
    const name = textOf(row.sequence);
    const column = textOf(row.column);
    const isEnded = left === 0;
    return [
      {
        id: 'postgres.sequence-end',
        target,
        summary: isEnded
          ? `sequence ${name} has no numbers left: inserts into ${column || 'what it numbers'} fail`
          : `sequence ${name} has ${left} numbers left of ${numberOf(row.limit)}${column === '' ? '' : `, for ${column} (${textOf(row.type)})`}`,
        explanation: `It stands at ${numberOf(row.last)}, ${(share * 100).toFixed(share > 0.99 ? 4 : 0)} % of what ${column === '' ? 'it' : `type ${textOf(row.type)}`} can hold; after the end every insert that needs a number fails (2200H or 22003). Move ${column || 'its column'} and every column that refers to it to bigint: a new column, filled in batches, then swapped; ALTER TYPE alone rewrites the table under a lock that nobody passes. Where negative numbers bear it, RESTART at the least of the type buys time.`,
        // Counted by the server itself; sure also as the cause of trouble once it has ended.
        confidence: share >= 0.9 ? 0.95 : 0.7,
        evidence: [sequences.id],
        unseen: sequences.unseen === undefined ? [] : [sequences.unseen],
        recommendations: [],
      },
    ];
  });
}
