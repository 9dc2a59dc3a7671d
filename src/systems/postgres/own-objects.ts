/** Which objects of a database are its users' own: not the system's, not of an extension, not temporary. */

/** Extensions that make tables at run time keep them here; nobody but they may change them (supabase/splinter). */
const ofExtensions = [
  ...['_timescaledb_internal', '_timescaledb_catalog', '_timescaledb_config', '_timescaledb_cache'],
  ...['cron', 'partman', 'repack', 'pglogical', 'topology', 'tiger', 'tiger_data', 'pgmq', 'hypopg'],
];

/** A condition on a namespace `n` and a relation or function `o` of the catalogue `catalogue`. */
export function isOwn(o: string, catalogue: 'pg_class' | 'pg_proc' = 'pg_class'): string {
  return `n.nspname NOT IN ('pg_catalog', 'information_schema', ${ofExtensions.map((name) => `'${name}'`).join(', ')})
    AND n.nspname !~ '^pg_(toast|temp)'
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalogue}'::regclass AND e.objid = ${o}.oid
                      AND e.deptype = 'e')`;
}
