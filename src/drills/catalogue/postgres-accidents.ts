/** What is done to PostgreSQL from outside: a right taken away, a process killed, a limit set too small. */
import type { Drill, Lab, Undo } from '../drill.ts';
import { firstLack } from '../drill.ts';
import { isChangeStuck, isReadStuck } from './feel.ts';
import { needsLinux, needsRoot, nothing } from './needs.ts';

export const postgresAccidents: readonly Drill[] = [
  {
    id: 'postgres.privilege-revoked',
    row: '13',
    lab: 'shop',
    title: 'The right to read a table is taken from the application',
    does: 'REVOKE SELECT ON orders FROM app',
    causes: [[{ diagnosis: 'postgres.privilege-revoked', target: 'db' }]],
    mitigation: 'explain',
    actions: [],
    lacks: nothing,
    inject: async ({ stack }) => {
      const { admin } = stack.servers.postgres;
      await admin('revoke select on orders from app');
      return async () => {
        await admin('grant select on orders to app');
      };
    },
    symptom: isReadStuck,
  },
  {
    id: 'postgres.made-read-only',
    row: '14',
    lab: 'shop',
    title: 'The server is made read-only, and writes are refused',
    does: 'ALTER SYSTEM SET default_transaction_read_only = on; reload',
    causes: [[{ diagnosis: 'postgres.session-defaults', target: 'db' }]],
    mitigation: 'always',
    actions: ['postgres.reset-setting'],
    // Whether a setting was the cause is held for a minute before it counts as done.
    withinMs: 150_000,
    lacks: nothing,
    inject: async ({ stack }) => {
      const { admin } = stack.servers.postgres;
      await admin('alter system set default_transaction_read_only = on');
      await admin('select pg_reload_conf()');
      return async () => {
        await admin('alter system reset default_transaction_read_only');
        await admin('select pg_reload_conf()');
      };
    },
    symptom: isChangeStuck,
  },
  {
    id: 'postgres.role-limit',
    row: '1',
    lab: 'shop',
    title: 'The role of the application may have no connection any more',
    does: 'ALTER ROLE app CONNECTION LIMIT 0; its sessions are ended, as a restart does',
    causes: [[{ diagnosis: 'postgres.role-locked-out', target: 'db' }]],
    mitigation: 'explain',
    actions: [],
    lacks: nothing,
    inject: async ({ stack }) => {
      const { admin } = stack.servers.postgres;
      await admin('alter role app connection limit 0');
      await admin(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app' and application_name <> 'drill-bystander'",
      );
      return async () => {
        await admin('alter role app connection limit -1');
      };
    },
    symptom: isReadStuck,
  },
  {
    id: 'postgres.validity-ended',
    row: '28',
    lab: 'shop',
    title: 'The password of the application is valid no longer',
    does: "ALTER ROLE app VALID UNTIL '2001-01-01'; its sessions end as its pool renews them",
    causes: [
      [
        { diagnosis: 'postgres.logins-refused', target: 'db' },
        { diagnosis: 'postgres.role-locked-out', target: 'db' },
      ],
    ],
    mitigation: 'explain',
    actions: [],
    lacks: nothing,
    inject: alter("alter role app valid until '2001-01-01'", "alter role app valid until 'infinity'"),
    symptom: isReadStuck,
  },
  {
    id: 'postgres.connect-revoked',
    row: '13',
    lab: 'shop',
    title: 'The right to connect to the database is taken from everybody',
    does: 'REVOKE CONNECT ON DATABASE shop FROM PUBLIC; sessions end as the pool renews them',
    causes: [
      [
        { diagnosis: 'postgres.logins-refused', target: 'db' },
        { diagnosis: 'postgres.privilege-revoked', target: 'db' },
      ],
    ],
    mitigation: 'explain',
    actions: [],
    lacks: nothing,
    inject: alter(
      // Upkeep has a right of its own, as its readme asks for.
      'grant connect on database shop to upkeep, batch; revoke connect on database shop from public',
      'grant connect on database shop to public; revoke connect on database shop from upkeep, batch',
    ),
    symptom: isReadStuck,
  },
  {
    id: 'postgres.column-renamed',
    row: '13',
    lab: 'shop',
    title: 'A migration comes without the release that goes with it',
    does: 'ALTER TABLE orders RENAME COLUMN customer TO client',
    causes: [[{ diagnosis: 'postgres.schema-changed', target: 'db' }]],
    mitigation: 'explain',
    actions: [],
    // What stood in the log before belongs to other trouble.
    innocent: ['postgres.session-defaults'],
    lacks: nothing,
    inject: alter(
      'alter table orders rename column customer to client',
      'alter table orders rename column client to customer',
    ),
    symptom: isReadStuck,
  },
  {
    id: 'postgres.backend-crashed',
    row: '16',
    lab: 'shop',
    title: 'One of its processes is killed, and the server resets every session',
    does: 'kill -KILL <pid of an idle backend>; PostgreSQL recovers by itself',
    causes: [[{ diagnosis: 'postgres.crash-recovered', target: 'db' }]],
    mitigation: 'explain',
    actions: [],
    // Recovery ends every session, the innocent one too.
    mayDiffer: ['postgres innocent session'],
    lacks: () => firstLack(needsLinux(), needsRoot()),
    inject: killBackend,
  },
  {
    id: 'postgres.checkpoint-storm',
    row: '17',
    lab: 'shop',
    title: 'Checkpoints follow one another because the log may not grow',
    does: "ALTER SYSTEM SET max_wal_size = '32MB'; reload; writes of 20 MB a second",
    causes: [[{ diagnosis: 'postgres.checkpoint-storm', target: 'db' }]],
    mitigation: 'explain',
    actions: [],
    mayApply: ['postgres.reset-setting'],
    withinMs: 90_000,
    lacks: nothing,
    inject: stormCheckpoints,
  },
];

function alter(how: string, back: string): Drill['inject'] {
  return async ({ stack }) => {
    const { admin } = stack.servers.postgres;
    await admin(how);
    return async () => void (await admin(back));
  };
}

async function killBackend({ stack }: Lab): Promise<Undo> {
  const { postgres } = stack.servers;
  const client = postgres.client('batch', 'to-be-killed');
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const pid = rows[0]?.pid;
  if (pid === undefined || !stack.processes.signal(pid, 'SIGKILL'))
    throw new Error('the backend is no process of the sandbox');
  await client.end().catch(() => {});
  return async () => {};
}

async function stormCheckpoints({ clock, stack }: Lab): Promise<Undo> {
  const { postgres } = stack.servers;
  await postgres.admin("alter system set max_wal_size = '32MB'");
  await postgres.admin('select pg_reload_conf()');
  await postgres.admin('create table drill_ballast (text text)');
  await postgres.admin('grant insert, delete, truncate on drill_ballast to batch');
  const client = postgres.client('batch', 'bulk-load');
  await client.connect();
  let isOver = false;
  const load = async () => {
    while (!isOver) {
      await client
        .query("insert into drill_ballast select repeat('x', 1000) from generate_series(1, 10000)")
        .catch(() => {});
      await client.query('truncate drill_ballast').catch(() => {});
      await clock.sleep(500);
    }
  };
  const loading = load();
  return async () => {
    isOver = true;
    await loading;
    await client.end().catch(() => {});
    await postgres.admin('drop table drill_ballast');
    await postgres.admin('alter system reset max_wal_size');
    await postgres.admin('select pg_reload_conf()');
  };
}
