/** What a session gets that asks for nothing. Our own sessions set some of it for themselves and so do not see it. */
import { type PostgresConnection, sessionSettings } from './client.ts';

/** By name, with the unit: `{ statement_timeout: '30s' }`. Rejects where no further login is to be had. */
export function readSessionDefaults(
  conn: PostgresConnection,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  return conn.plain.use(signal, async (query) => {
    // Asked alone, since it may be shorter than a look at the rest takes; then put out of its way.
    const [limit] = await query<Record<string, string>>('SHOW statement_timeout');
    await query("SET statement_timeout = '5s'");
    const [rest] = await query<{ all: Record<string, string> }>(restSql, [Object.keys(sessionSettings)]);
    return { ...rest?.all, ...limit };
  });
}

/** Qualified: the search path is that of the database, which its owner chooses. */
const restSql = `
SELECT pg_catalog.json_object_agg(name, pg_catalog.current_setting(name)) AS all
  FROM pg_catalog.unnest($1::pg_catalog.text[]) AS name`;
