/** PostgreSQL's own parser (libpg-query, WASM). It runs nothing and asks nobody. */
import { loadModule, parsePlPgSQLSync, parseSync } from 'libpg-query';
import type { SqlParser } from '../core/guard/sql/classify.ts';

let loading: Promise<SqlParser> | undefined;

/** Loaded at the first use: 10 ms and some megabytes that a process without it should not have. */
export function sqlParser(): Promise<SqlParser> {
  loading ??= loadModule().then(() => ({ sql: parseSync, plpgsql: parsePlPgSQLSync }));
  return loading;
}
