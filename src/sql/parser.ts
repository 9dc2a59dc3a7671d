/** PostgreSQL's own parser (libpg-query, WASM). It runs nothing and asks nobody. */
import type { SqlParser } from '../core/guard/sql/classify.ts';

let loading: Promise<SqlParser> | undefined;

/** Loaded at the first use: 10 ms and some megabytes that a process without it should not have. */
export function sqlParser(): Promise<SqlParser> {
  loading ??= load();
  return loading;
}

async function load(): Promise<SqlParser> {
  const { loadModule, parsePlPgSQLSync, parseSync } = await import('libpg-query');
  await loadModule();
  return { sql: parseSync, plpgsql: parsePlPgSQLSync };
}
