/** Keeps the old primary from writing: by the declared program, or by the server itself while it answers. */
import { commandLine, runProgram } from '../../../machine/run-program.ts';
import { act, shortWork } from '../acting.ts';
import type { Pair, PostgresConnection } from '../client.ts';
import { grantPlace, psqlCommand } from '../grants.ts';
import type { Query } from '../session.ts';
import { type Answer, askServer, type LookContext, withAnswer } from './standing.ts';

const readOnly = 'ALTER SYSTEM SET default_transaction_read_only = on';
const writable = 'ALTER SYSTEM RESET default_transaction_read_only';
const reload = 'SELECT pg_reload_conf()';
const endSessions = `SELECT count(pg_terminate_backend(pid))::int AS ended FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND application_name <> 'upkeep'`;

const programWithinMs = 10_000;
const mostRounds = 20;

/** How it would be done, or why it cannot be. */
export type Fencing = { readonly steps: readonly string[] } | { readonly refused: string };

export async function planFencing(
  { pair, ...conn }: PostgresConnection & { readonly pair: Pair },
  old: Answer,
  { signal }: LookContext,
): Promise<Fencing> {
  const { fence, primary, name } = pair.settings;
  if (fence !== null) return { steps: [`${commandLine(fence)}  # fences ${primary}`] };
  if (old.kind === 'gone') return { steps: [] };
  if (old.kind === 'unknown')
    return {
      refused: `whether ${primary} is gone is unknown (${old.detail}): it may live on behind a broken network and go on taking writes. Declare failover.${name}.fence, a program that stops it for sure, or stop it and see that its port refuses connections`,
    };
  const lacking = await act({ ...conn, pair, config: pair.other }, signal, shortWork, whatIsLacking);
  if (lacking !== null) {
    const orElse =
      'command' in lacking ? `, or as a superuser on ${primary}: ${lacking.command}` : ` (${lacking.why})`;
    return { refused: `${primary} answers and cannot be fenced: declare failover.${name}.fence${orElse}` };
  }
  return { steps: [`${primary}: ${readOnly}; ${reload}`, `${primary}: ${endSessions}`] };
}

/** ALTER SYSTEM can be granted since PostgreSQL 15. */
async function whatIsLacking(query: Query): Promise<{ command: string } | { why: string } | null> {
  const [row] = await query<{ role: string; superuser: boolean; version: number }>(
    `SELECT current_user::text AS role, rolsuper AS superuser, current_setting('server_version_num')::int AS version
       FROM pg_roles WHERE rolname = current_user`,
  );
  if (row?.superuser) return null;
  if ((row?.version ?? 0) < 150_000)
    return { why: `before PostgreSQL 15 only a superuser may do it by itself, and ${row?.role} is none` };
  const [may] = await query<{ alters: boolean; reloads: boolean; signals: boolean }>(
    `SELECT has_parameter_privilege('default_transaction_read_only', 'ALTER SYSTEM') AS alters,
            has_function_privilege('pg_reload_conf()', 'EXECUTE') AS reloads,
            pg_has_role('pg_signal_backend', 'USAGE') AS signals`,
  );
  const place = await grantPlace(query);
  const grants = [
    ...(may?.alters
      ? []
      : [`GRANT ALTER SYSTEM ON PARAMETER default_transaction_read_only TO ${place.role};`]),
    ...(may?.reloads ? [] : [`GRANT EXECUTE ON FUNCTION pg_reload_conf() TO ${place.role};`]),
    ...(may?.signals ? [] : [`GRANT pg_signal_backend TO ${place.role};`]),
  ];
  return grants.length === 0 ? null : { command: psqlCommand(place, grants) };
}

export interface Fenced {
  readonly told: string;
  /** Where the old primary stood once it wrote no more; what it had written before where a program ended it; null where it did not answer. */
  readonly lastAt: string | null;
  /** Takes the fence away again, where nothing was promoted. Null where only people can. */
  readonly lift: (() => Promise<string>) | null;
}

/** @throws when the old primary may still take writes; then it is as it was where that could be done */
export async function fenceOld(
  conn: PostgresConnection & { readonly pair: Pair },
  old: Answer,
  ctx: LookContext,
): Promise<Fenced> {
  const { fence, primary } = conn.pair.settings;
  if (fence !== null) {
    const { code, text } = await withAnswer(ctx, programWithinMs, (signal) =>
      runProgram(fence, { signal, ...(conn.folder === undefined ? {} : { cwd: conn.folder }) }),
    );
    if (code !== 0)
      throw new Error(
        `${fence[0]} did not fence ${primary}: it ended with exit code ${code}: ${text.slice(0, 200)}`,
      );
    const now = await askServer(conn.pair.other, ctx);
    if (now.kind === 'answers' && now.writable)
      throw new Error(`${fence[0]} ended well and ${primary} takes writes as before`);
    const told = `${primary} was fenced by ${fence[0]} (${now.kind === 'answers' ? 'it takes no writes' : now.detail})`;
    return { told, lastAt: old.kind === 'answers' ? old.at : null, lift: null };
  }
  if (old.kind === 'gone')
    return {
      told: `${primary} is gone (${old.detail})`,
      lastAt: null,
      lift: async () => `${primary} was gone before`,
    };
  if (old.kind === 'unknown') throw new Error(`whether ${primary} is gone is unknown (${old.detail})`);
  return byItself(conn, ctx);
}

async function byItself(
  conn: PostgresConnection & { readonly pair: Pair },
  ctx: LookContext,
): Promise<Fenced> {
  const { primary } = conn.pair.settings;
  const there = { ...conn, config: conn.pair.other };
  const lift = () =>
    withAnswer({ ...ctx, signal: new AbortController().signal }, programWithinMs, (signal) =>
      act(there, signal, shortWork, async (query) => {
        await query(writable);
        await query(reload);
        return `${primary} takes writes again`;
      }),
    );
  try {
    const lastAt = await act(there, ctx.signal, shortWork, async (query) => {
      await query(readOnly);
      await query(reload);
      await withoutSessions(query, primary);
      const [row] = await query<{ at: string }>('SELECT pg_current_wal_lsn()::text AS at');
      return row?.at ?? null;
    });
    const now = await askServer(conn.pair.other, ctx);
    if (now.kind === 'answers' && now.writable)
      throw new Error(`${primary} takes writes in spite of its setting`);
    return {
      told: `${primary} takes no writes: default_transaction_read_only is on and its sessions were ended`,
      lastAt,
      lift,
    };
  } catch (error) {
    await lift();
    throw error;
  }
}

/** Whoever was connected before the setting came could go on writing. */
async function withoutSessions(query: Query, primary: string): Promise<void> {
  let left = 0;
  for (let round = 0; round < mostRounds; round += 1) {
    const [row] = await query<{ ended: number }>(endSessions);
    left = row?.ended ?? 0;
    if (left === 0) return;
    await query('SELECT pg_sleep(0.1)');
  }
  throw new Error(`${left} sessions of ${primary} did not end or came again; it was not fenced`);
}
