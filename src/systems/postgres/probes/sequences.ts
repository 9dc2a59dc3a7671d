import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { listed, told } from '../in-words.ts';
import { quoteName, visibility } from '../visibility.ts';

interface Sequence {
  readonly name: string;
  readonly schema: string;
  readonly used: number | null;
  readonly readable: boolean;
  readonly column: string | null;
}

/**
 * The end is where the sequence ends or the smallest column that it feeds, whichever comes first; a sequence of
 * bigint that feeds an integer column is the usual trap. One that begins anew at its end (CYCLE) cannot run out, but
 * its column still may. pg_sequence_last_value fails without the right to read the sequence.
 */
const sequencesSql = `
WITH fed AS (
  SELECT d.objid AS seq, d.refobjid AS relation, d.refobjsubid AS attnum
    FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
     AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
  UNION
  SELECT d.refobjid, f.adrelid, f.adnum FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid
   WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
), narrowest AS (
  SELECT DISTINCT ON (fed.seq) fed.seq, format('%s.%s', c.relname, a.attname) AS name,
         CASE a.atttypid WHEN 'int2'::regtype THEN 32767::numeric WHEN 'int4'::regtype THEN 2147483647 END AS most
    FROM fed JOIN pg_attribute a ON a.attrelid = fed.relation AND a.attnum = fed.attnum
    JOIN pg_class c ON c.oid = fed.relation
   WHERE a.atttypid IN ('int2'::regtype, 'int4'::regtype) ORDER BY fed.seq, most
), seq AS (
  SELECT format('%s.%s', n.nspname, c.relname) AS name, n.nspname AS schema, s.*, w.most, w.name AS column_name,
         has_sequence_privilege(c.oid, 'SELECT, USAGE') AS readable,
         CASE WHEN has_sequence_privilege(c.oid, 'SELECT, USAGE') THEN pg_sequence_last_value(c.oid) END AS last
    FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN narrowest w ON w.seq = c.oid
   WHERE c.relpersistence <> 't' AND (NOT s.seqcycle OR w.most < s.seqmax)
)
SELECT name, schema, readable, CASE WHEN most < seqmax THEN column_name END AS column,
       (CASE WHEN last IS NULL THEN NULL
             WHEN seqincrement > 0 THEN greatest(0, last::numeric / least(seqmax, coalesce(most, seqmax)))
             ELSE greatest(0, last::numeric / nullif(greatest(seqmin, coalesce(-most, seqmin)), 0)) END)::float8 AS used
  FROM seq ORDER BY used DESC NULLS LAST, name`;

const mostShown = 10;

export const sequences: Probe<PostgresConnection> = {
  id: 'postgres.sequences',
  summary: 'How much of their range sequences have used, by the columns they feed',
  atMostEveryMs: 300_000,
  metrics: {
    'postgres.sequences.used_ratio': {
      summary: `Last value ÷ the last possible one, the ${mostShown} worst`,
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'postgres.sequences.worst': {
      summary: 'The same of the worst sequence; 0 without any',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.seldom, ctx, async (query) => {
      const [server] = await query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
      if (server?.standby) return { readings: [] };
      const rows = await query<Sequence>(sequencesSql);
      const hidden = rows.filter(({ readable }) => !readable);
      const schemas = [...new Set(hidden.map(({ schema }) => quoteName(schema)))];
      const { user } = await visibility(query);
      const [worst] = rows;
      const feeding = worst?.column ? `, which feeds ${worst.column}` : '';
      return {
        readings: [
          told('postgres.sequences.worst', worst?.used ?? 0, worst?.used ? `${worst.name}${feeding}` : ''),
          ...rows
            .slice(0, mostShown)
            .flatMap(({ name, used }) =>
              used === null
                ? []
                : [{ metric: 'postgres.sequences.used_ratio', value: used, labels: { sequence: name } }],
            ),
        ],
        missing:
          hidden.length === 0
            ? []
            : [
                {
                  metrics: ['postgres.sequences.used_ratio', 'postgres.sequences.worst'],
                  reason: `role ${user} may not read ${listed(hidden.map(({ name }) => name))}`,
                  remedy: `GRANT SELECT ON ALL SEQUENCES IN SCHEMA ${schemas.join(', ')} TO ${quoteName(user)};`,
                },
              ],
      };
    }),
};
