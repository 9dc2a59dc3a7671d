/**
 * What putting a restored cluster in the place of a living one takes, told command by command. Upkeep stops and starts no
 * server, so people do it. Nothing is restored over the old folder: it is moved aside, and is the way back.
 */
import { existsSync } from 'node:fs';
import type { EngineContext, RestorePlan } from '../../../core/backup/engine.ts';
import { amount } from '../../../core/rule-words.ts';
import { commandLine } from '../../../machine/run-program.ts';
import type { PostgresConnection } from '../client.ts';
import { controlWays } from '../restart-way.ts';
import { withReader } from './server-facts.ts';

/** What the living server says of itself; what it does not say is not known. */
interface Living {
  /** Null where it cannot be asked, or does not tell it. */
  readonly data: string | null;
  readonly databases: readonly { readonly name: string; readonly bytes: number | null }[];
}

const livingSql = `
  SELECT current_setting('data_directory', true) AS data,
    (SELECT json_agg(json_build_object('name', datname, 'bytes',
       CASE WHEN has_database_privilege(datname, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'MEMBER') THEN pg_database_size(oid) END)
       ORDER BY datname) FROM pg_database WHERE NOT datistemplate) AS databases`;
/** For roles that may not read where the data lies. */
const namesSql =
  "SELECT json_agg(json_build_object('name', datname, 'bytes', NULL) ORDER BY datname) AS databases FROM pg_database WHERE NOT datistemplate";

async function askLiving(conn: PostgresConnection, { signal }: EngineContext): Promise<Living> {
  const nothing = { data: null, databases: [] };
  const ask = (sql: string) =>
    withReader(conn, signal, async (client) => (await client.query<Living>(sql)).rows[0]).catch(
      () => undefined,
    );
  const known = (await ask(livingSql)) ?? (await ask(namesSql));
  signal.throwIfAborted();
  return known === undefined ? nothing : { ...nothing, ...known, data: known.data ?? null };
}

const why =
  'Upkeep stops and starts no living PostgreSQL, so people put a whole cluster in its place: --dry-run yes says what would be lost and names every command';

/**
 * @param plan of the restore into a folder
 * @param inside where the cluster lies below the folder that it was restored into: `data`, or nothing
 * @param afterwards commands on the restored folder, before it is started; given where it lies then
 */
export async function overByHand(
  conn: PostgresConnection,
  plan: RestorePlan,
  {
    inside,
    afterwards,
  }: { readonly inside: string; readonly afterwards: (data: string) => readonly string[] },
  ctx: EngineContext,
): Promise<RestorePlan> {
  if (plan.impossible !== null) return plan;
  const { data, databases } = await askLiving(conn, ctx);
  const ways = await controlWays(conn, data);
  const names = databases.map(
    ({ name, bytes }) => `${name}${bytes === null ? '' : ` (${amount(bytes, 'bytes')})`}`,
  );
  const all =
    names.length === 0
      ? 'the whole cluster goes back, all its databases and roles; the living server could not be asked which'
      : `the whole cluster goes back, all its databases and roles: ${names.join(', ')}`;
  const here = data !== null && existsSync(data) ? data : null;
  const place = here ?? '/srv/postgresql';
  const beside = `${place}.restored`;
  const aside = `${place}.before-restore`;
  const restored = inside === '' ? beside : `${beside}/${inside}`;
  const moves = (from: string, to: string) => commandLine(['mv', '--no-target-directory', from, to]);
  const steps =
    here === null
      ? [
          'look into it as the dry run with --into folder:… says, then stop whoever writes to the living one',
          ways.stop,
          `on the machine of the server: move its data folder aside (never restore over it), and put ${restored} in its place, as its owner, mode 0700`,
          ways.start,
          'back again: stop, change the two folders back, start',
        ]
      : [
          'look into it as the dry run with --into folder:… says, then stop whoever writes to the living one: what is written from here on is lost',
          ways.stop,
          moves(here, aside),
          moves(restored, here),
          ...afterwards(here),
          ways.start,
          'look whether the application works with it, and take a new backup at once: the log begins a new history there',
          `back again: ${[ways.stop, moves(here, restored), moves(aside, here), ways.start].join(' && ')}`,
        ];
  return {
    ...plan,
    losses: [...plan.losses, all],
    steps: steps.map((step) => `you: ${step}`),
    byHand: { why, beside },
  };
}
