/** What is done to PostgreSQL from outside: a right taken away, a process killed, a limit set too small. */
import type { Drill, Lab, Undo } from '../drill.ts';
import { firstLack } from '../drill.ts';
import { isReadStuck } from './feel.ts';
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
