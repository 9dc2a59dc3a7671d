/** The state of the sandbox that no drill and no action may leave changed. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Difference, differencesBetween } from '../core/change.ts';
import type { Lab } from './drill.ts';

type State = Readonly<Record<string, string>>;

/** Names say where it is: `postgres setting work_mem`, `redis config maxmemory`, `file api.json`, `process redis`. */
export async function stateOf(lab: Lab): Promise<State> {
  return Object.fromEntries([
    ...(await postgresState(lab)),
    ...(await redisState(lab)),
    ...((await lab.containers?.state()) ?? []),
    ...filesOf(lab.stack.folder).map((name) => [`file ${name}`, digestOf(join(lab.stack.folder, name))]),
    ...Object.entries(lab.stack.pids()).map(([name, pid]) => [`process ${name}`, String(pid)]),
  ]);
}

export function damageBetween(before: State, after: State, mayDiffer: readonly string[]): Difference[] {
  return differencesBetween(before, after).filter(
    ({ name }) => !mayDiffer.some((beginning) => name.startsWith(beginning)),
  );
}

/** Set once by the lab: whoever wipes the keys wipes it too. */
export const sentinelKey = 'drill:sentinel';
/** Sessions that do nothing wrong: whoever ends them did damage. */
export const bystander = 'drill-bystander';

const postgresSql = `
select 'setting ' || name as name, setting as value from pg_settings where source not in ('default', 'override', 'client', 'session')
union all select 'role ' || rolname, rolcanlogin::text || rolsuper::text from pg_roles where rolname !~ '^pg_'
union all select 'relation ' || oid::regclass, relkind::text from pg_class where relnamespace = 'public'::regnamespace
union all select 'slot ' || slot_name, active::text from pg_replication_slots
union all select 'prepared ' || gid, owner::text from pg_prepared_xacts
union all select 'rows of orders', count(*)::text from orders
union all select 'innocent session', coalesce(string_agg(pid::text, ' ' order by pid), 'none')
  from pg_stat_activity where application_name = '${bystander}'`;

async function postgresState({ stack }: Lab): Promise<[string, string][]> {
  const rows = await stack.servers.postgres.admin(postgresSql);
  return rows.map(({ name, value }) => [`postgres ${name}`, String(value)]);
}

async function redisState({ stack }: Lab): Promise<[string, string][]> {
  const { redis } = stack.servers;
  if (redis === null) return [];
  return redis.use(async (client) => {
    const flat = await client.config('GET', '*');
    const texts = Array.isArray(flat) ? flat.map(String) : [];
    const settings = texts.flatMap((name, at): [string, string][] =>
      at % 2 === 0 ? [[`redis config ${name}`, digestText(texts[at + 1] ?? '')]] : [],
    );
    const clients = String(await client.client('LIST'));
    const kept = clients.split('\n').find((line) => line.includes(`name=${bystander} `));
    return [
      ...settings,
      ['redis sentinel', (await client.get(sentinelKey)) ?? 'gone'],
      ['redis innocent client', /^id=(\d+)/.exec(kept ?? '')?.[1] ?? 'gone'],
    ];
  });
}

/** Configuration and certificates at the top of the stack's folder and of its servers' homes; no data, no logs, no copies that Upkeep keeps. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(
      (name) =>
        /\.(json|cfg|conf|pem|key|crt|sentinel)$/.test(name) &&
        !/^(db\/data\/(base|pg_)|upkeep\/|nginx\/good\/|containers\/|rabbitmq\/)/.test(name),
    )
    .sort();
}

/** Values may be secrets, so only their digest is kept and shown. */
function digestOf(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 12);
  } catch {
    return 'unreadable';
  }
}

function digestText(text: string): string {
  return /^[\w .:/-]{0,40}$/.test(text) && !/^[\w-]{20,}$/.test(text)
    ? text
    : createHash('sha256').update(text).digest('hex').slice(0, 12);
}
