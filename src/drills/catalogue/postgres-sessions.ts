/** Sessions that hold what others need: slots, rows, tables, each other. */
import type pg from 'pg';
import { messageOf, until } from '../../demo/until.ts';
import type { Drill, Lab, Undo } from '../drill.ts';
import { isChangeStuck, isReadStuck, isShopUnwell } from './feel.ts';
import { injectFault } from './from-demo.ts';
import { nothing } from './needs.ts';

const blocked = { diagnosis: 'postgres.blocked-by-lock', target: 'db' };

export const postgresSessions: readonly Drill[] = [
  {
    id: 'postgres.connections-exhausted',
    row: '1',
    lab: 'shop',
    title: 'An export opens sessions until no slot is left',
    does: 'role batch, application report-export: idle sessions until 53300; the sessions of the shop are ended and their slots taken too',
    causes: [[{ diagnosis: 'postgres.connections-exhausted', target: 'db' }]],
    mitigation: 'always',
    actions: ['postgres.terminate-idle', 'postgres.terminate-backend'],
    lacks: nothing,
    inject: injectFault('connections-exhausted'),
    // Only sessions that were idle for half a minute are ended.
    withinMs: 120_000,
    symptom: isShopUnwell,
  },
  {
    id: 'postgres.open-transaction',
    row: '2',
    lab: 'shop',
    title: 'A transaction is left open and holds rows',
    does: 'role batch, application nightly-import: BEGIN; UPDATE orders …; and nothing more',
    causes: [[blocked]],
    mitigation: 'always',
    actions: ['postgres.terminate-backend'],
    lacks: nothing,
    inject: injectFault('blocked-transaction'),
    symptom: isChangeStuck,
  },
  {
    id: 'postgres.lock-queue',
    row: '3',
    lab: 'shop',
    title: 'A schema change waits behind a long reader, and everybody behind it',
    does: 'SELECT pg_sleep(300) FROM orders LIMIT 1; then ALTER TABLE orders ADD COLUMN drill_note text',
    causes: [[blocked]],
    mitigation: 'always',
    actions: ['postgres.cancel-backend'],
    lacks: nothing,
    inject: queueBehindReader,
    symptom: isReadStuck,
  },
  {
    id: 'postgres.deadlocks',
    row: '4',
    lab: 'shop',
    title: 'Two loops take the same rows in opposite order',
    does: 'two sessions: UPDATE orders of id 4001 and 4002, one in each order, again and again',
    causes: [[{ diagnosis: 'postgres.deadlock-storm', target: 'db' }]],
    mitigation: 'explain',
    actions: [],
    lacks: nothing,
    inject: deadlockStorm,
  },
  {
    id: 'postgres.forgotten-prepared',
    row: '8',
    lab: 'shop',
    title: 'A prepared transaction is forgotten and keeps its locks',
    does: "BEGIN; UPDATE orders …; PREPARE TRANSACTION 'drill-forgotten'",
    causes: [[{ diagnosis: 'postgres.prepared-forgotten', target: 'db' }]],
    // What it did may be somebody's data: without a proven restore even asking is denied.
    mitigation: 'explain',
    actions: [],
    lacks: nothing,
    inject: forgetPrepared,
    symptom: isChangeStuck,
  },
];

async function session(lab: Lab, name: string): Promise<pg.Client> {
  const client = lab.stack.servers.postgres.client('batch', name);
  await client.connect();
  return client;
}

async function queueBehindReader(lab: Lab): Promise<Undo> {
  const { postgres } = lab.stack.servers;
  const reader = await session(lab, 'monthly-report');
  const changer = await session(lab, 'schema-migration');
  const undo = async () => {
    await Promise.all([reader, changer].map((one) => one.end().catch(() => {})));
    await postgres.admin(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where application_name in ('monthly-report', 'schema-migration')`,
    );
    await postgres.admin('alter table orders drop column if exists drill_note');
  };
  reader.query('select pg_sleep(300) from orders limit 1').catch(() => {});
  const waiting = async (application: string, state: string) => {
    const rows = await postgres.admin(
      `select 1 from pg_stat_activity where application_name = $1 and ${state}`,
      [application],
    );
    return rows.length > 0;
  };
  await until(lab.clock, 'the long reader', 5_000, () => waiting('monthly-report', "wait_event = 'PgSleep'"));
  changer.query('alter table orders add column drill_note text').catch(() => {});
  await until(lab.clock, 'the waiting change', 5_000, () =>
    waiting('schema-migration', "wait_event_type = 'Lock'"),
  );
  return undo;
}

async function deadlockStorm(lab: Lab): Promise<Undo> {
  const clients = await Promise.all(['worker-a', 'worker-b'].map((name) => session(lab, name)));
  let isOver = false;
  const loop = async (client: pg.Client, ids: readonly number[]) => {
    while (!isOver) {
      try {
        await client.query('begin');
        for (const id of ids) {
          await client.query('update orders set quantity = quantity where id = $1', [id]);
          await lab.clock.sleep(50);
        }
        await client.query('commit');
      } catch (error) {
        if (isOver || !messageOf(error).includes('deadlock')) return;
        await client.query('rollback').catch(() => {});
      }
    }
  };
  const loops = clients.map((client, n) => loop(client, n === 0 ? [4_001, 4_002] : [4_002, 4_001]));
  return async () => {
    isOver = true;
    await Promise.all(clients.map((client) => client.end().catch(() => {})));
    await Promise.all(loops);
  };
}

async function forgetPrepared(lab: Lab): Promise<Undo> {
  const { postgres } = lab.stack.servers;
  const client = await session(lab, 'two-phase-import');
  await client.query('begin');
  await client.query('update orders set quantity = quantity where id <= 20');
  await client.query("prepare transaction 'drill-forgotten'");
  await client.end();
  return async () => {
    const left = await postgres.admin("select 1 from pg_prepared_xacts where gid = 'drill-forgotten'");
    if (left.length > 0) await postgres.admin("rollback prepared 'drill-forgotten'");
  };
}
