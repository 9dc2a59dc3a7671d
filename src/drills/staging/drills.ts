/** Faults for a target of your own: none changes a row, a setting or a session that is not the drill's. */
import pg from 'pg';
import type { Ground, Play, Undo } from '../drill.ts';

export interface StagingGround extends Ground {
  /** Name of the target. */
  readonly target: string;
  /** Its address with login, as configured. */
  readonly url: string;
}

export interface StagingDrill extends Omit<Play<StagingGround>, 'causes'> {
  /** The system that the target must be of. */
  readonly system: string;
  /** The diagnosis that names the cause on the target. */
  readonly diagnosis: string;
}

/** The rules of the target count as configured; the default of a blocked session warns after half a minute. */
const withinMs = 5 * 60_000;
const session = 'upkeep-drill';
/** Of the advisory locks that only this drill takes. */
const lockKey = 8_573_501;
const waiters = 2;

export const stagingDrills: readonly StagingDrill[] = [
  {
    id: 'postgres.open-transaction',
    row: '2',
    title: 'A transaction is left open and holds a lock that others wait for',
    does: `BEGIN; SELECT pg_advisory_xact_lock(${lockKey}), and nothing more; ${waiters} sessions wait for it. No table is touched`,
    system: 'postgres',
    diagnosis: 'postgres.blocked-by-lock',
    // On a target of yours nothing is done without a yes; the drill takes back what it did.
    mitigation: 'ask',
    actions: ['postgres.terminate-backend'],
    withinMs,
    inject: holdLock,
  },
];

async function holdLock({ url }: StagingGround): Promise<Undo> {
  const clients: pg.Client[] = [];
  const login = async () => {
    const client = new pg.Client({ connectionString: url, application_name: session });
    // One that is ended says so here.
    client.on('error', () => {});
    clients.push(client);
    await client.connect();
    return client;
  };
  // Closing a connection ends its transaction and its waiting.
  const undo = async () => {
    await Promise.all(clients.splice(0).map((client) => client.end().catch(() => {})));
  };
  try {
    const holder = await login();
    await holder.query('begin');
    await holder.query('select pg_advisory_xact_lock($1)', [lockKey]);
    for (let n = 0; n < waiters; n += 1)
      (await login()).query('select pg_advisory_xact_lock($1)', [lockKey]).catch(() => {});
    return undo;
  } catch (error) {
    await undo();
    throw error;
  }
}

const stateSql = `
select 'setting ' || name as name, setting as value from pg_settings
 where source not in ('default', 'override', 'client', 'session')
union all
select 'relation ' || oid::regclass, relkind::text from pg_class
 where relnamespace in (select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')`;

/** Settings and relations, with the login of the target. */
export async function stateOfTarget({ url }: Pick<StagingGround, 'url'>): Promise<Record<string, string>> {
  const client = new pg.Client({ connectionString: url, application_name: session });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; value: string }>(stateSql);
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  } finally {
    await client.end();
  }
}
