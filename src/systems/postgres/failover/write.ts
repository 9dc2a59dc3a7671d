/** A real write through the address that clients use, and where it arrived. */
import type { PostgresConfig } from '../config.ts';
import { failureOf } from '../failure.ts';
import type { Paired } from './facts.ts';
import { asClientOf, type LookContext } from './standing.ts';

export type Written = { readonly at: string } | { readonly failed: string };

/** @param started of the server that the write must reach */
export async function writeThrough(conn: Paired, started: string, ctx: LookContext): Promise<Written> {
  const { through } = conn.pair.settings;
  try {
    return await asClientOf(configThrough(conn.config, through), ctx, async (query): Promise<Written> => {
      const [server] = await query<{ started: string; readOnly: boolean }>(
        `SELECT pg_postmaster_start_time()::text AS started, current_setting('transaction_read_only')::bool AS "readOnly"`,
      );
      if (server?.started !== started) return { failed: `${through} leads to another server` };
      if (server.readOnly) return { failed: `${through} takes no writes` };
      // Writes and commits like any other transaction, and needs no table.
      const [row] = await query<{ at: string }>(
        `SELECT pg_logical_emit_message(true, 'upkeep', 'failover')::text AS at`,
      );
      return row ? { at: row.at } : { failed: `${through} answered without a row` };
    });
  } catch (error) {
    ctx.signal.throwIfAborted();
    return { failed: `a write through ${through} failed: ${failureOf(error, 3_000).detail}` };
  }
}

function configThrough(config: PostgresConfig, through: string): PostgresConfig {
  const url = new URL(config.url);
  const colon = through.lastIndexOf(':');
  url.hostname = through.slice(0, colon);
  url.port = through.slice(colon + 1);
  for (const name of ['host', 'hostaddr', 'port']) url.searchParams.delete(name);
  return { ...config, url: url.href };
}
