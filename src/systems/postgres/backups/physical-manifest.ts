/** What a restore of a whole cluster must bring back: counted in a snapshot that stands for one place in its log. */
import type { Client } from 'pg';
import { z } from 'zod';

/** One place in the log, and what the database held there. */
const witness = z.object({
  /** `0/5000148`; what is restored up to just before it shows exactly this. */
  lsn: z.string(),
  at: z.number(),
  content: z.array(z.object({ table: z.string(), rows: z.string(), sum: z.string() })),
  structure: z.record(z.string(), z.number()),
});
export type Witness = z.output<typeof witness>;

export const physicalManifest = z.object({
  format: z.literal(1),
  label: z.string(),
  version: z.string(),
  major: z.number(),
  segmentBytes: z.number(),
  superuser: z.string(),
  database: z.string(),
  /** Null where transactions wrote all the time while it should have been counted. */
  witness: witness.nullable(),
});
export type PhysicalManifest = z.output<typeof physicalManifest>;

/** Of the database that is watched, and of the cluster; system catalogues are not counted. */
const structure = `
  WITH own AS (SELECT oid FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema')
  SELECT (SELECT count(*)::int FROM pg_database) AS databases,
    (SELECT count(*)::int FROM pg_roles) AS roles,
    (SELECT count(*)::int FROM pg_auth_members) AS memberships,
    (SELECT count(*)::int FROM pg_extension) AS extensions,
    (SELECT count(*)::int FROM own) AS schemas,
    (SELECT count(*)::int FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace IN (SELECT oid FROM own)) AS tables,
    (SELECT count(*)::int FROM pg_class WHERE relkind IN ('i', 'I') AND relnamespace IN (SELECT oid FROM own)) AS indexes,
    (SELECT count(*)::int FROM pg_class WHERE relkind = 'S' AND relnamespace IN (SELECT oid FROM own)) AS sequences,
    (SELECT count(*)::int FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace IN (SELECT oid FROM own)) AS views,
    (SELECT count(*)::int FROM pg_proc WHERE pronamespace IN (SELECT oid FROM own)) AS functions,
    (SELECT count(*)::int FROM pg_constraint WHERE connamespace IN (SELECT oid FROM own)) AS constraints,
    (SELECT count(*)::int FROM pg_trigger WHERE NOT tgisinternal) AS triggers`;

export async function readStructure(client: Pick<Client, 'query'>): Promise<Record<string, number>> {
  const { rows } = await client.query<Record<string, number>>(structure);
  return rows[0] ?? {};
}

export function structureDifferences(
  expected: Readonly<Record<string, number>>,
  found: Readonly<Record<string, number>>,
): string[] {
  return Object.entries(expected).flatMap(([what, many]) =>
    found[what] === many ? [] : [`${found[what] ?? 0} ${what} instead of ${many}`],
  );
}
