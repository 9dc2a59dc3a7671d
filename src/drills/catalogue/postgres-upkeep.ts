/** What PostgreSQL needs and lost: an index, an archive, sane settings, a bound on what it keeps. */
import type { Drill, Lab, Undo } from '../drill.ts';
import { nothing } from './needs.ts';

export const postgresUpkeep: readonly Drill[] = [
  {
    id: 'postgres.dropped-index',
    row: '5',
    lab: 'shop',
    title: 'The index that a busy query needs is dropped',
    does: 'table visits of 200,000 rows, read 20 times a second by customer; DROP INDEX visits_customer',
    causes: [
      [
        { diagnosis: 'postgres.missing-index', target: 'db' },
        { diagnosis: 'postgres.slow-statement', target: 'db' },
        { diagnosis: 'postgres.slowed-statement', target: 'db' },
      ],
    ],
    mitigation: 'ask',
    actions: ['postgres.create-index-concurrently'],
    withinMs: 90_000,
    lacks: nothing,
    prepare: busyVisits,
    inject: async ({ stack }) => {
      const { admin } = stack.servers.postgres;
      await admin('drop index visits_customer');
      return async () => {
        await admin('create index if not exists visits_customer on visits (customer)');
      };
    },
  },
  {
    id: 'postgres.dead-rows',
    row: '7',
    lab: 'shop',
    title: 'A table swells with dead rows, because nobody vacuums it',
    does: 'ALTER TABLE visits SET (autovacuum_enabled = off); UPDATE of 130,000 of its 200,000 rows',
    causes: [[{ diagnosis: 'postgres.dead-rows', target: 'db' }]],
    mitigation: 'always',
    actions: ['postgres.vacuum'],
    withinMs: 120_000,
    lacks: nothing,
    inject: async ({ stack }) => {
      const { admin } = stack.servers.postgres;
      await admin('alter table visits set (autovacuum_enabled = off)');
      await admin('update visits set page = page where id <= 130000');
      return async () => {
        await admin('alter table visits reset (autovacuum_enabled)');
        await admin('vacuum visits');
      };
    },
    symptom: async ({ stack }) => {
      const sql = "select n_dead_tup >= 100000 as swollen from pg_stat_user_tables where relname = 'visits'";
      const [row] = await stack.servers.postgres.admin(sql);
      return row?.swollen === true;
    },
  },
  {
    id: 'postgres.dead-slot',
    row: '9',
    lab: 'shop',
    title: 'A replication slot without a standby keeps the write-ahead log',
    does: "pg_create_physical_replication_slot('drill_dead', true), then 100 MB of writes",
    causes: [[{ diagnosis: 'postgres.dead-slot', target: 'db' }]],
    // Whose slot it is only people know: without a proven restore even asking is denied.
    mitigation: 'explain',
    actions: [],
    lacks: nothing,
    inject: deadSlot,
  },
  {
    id: 'postgres.settings-regressed',
    row: '14',
    lab: 'shop',
    title: 'Settings that make every query slower come in by a reload',
    does: "ALTER SYSTEM SET work_mem = '64kB'; ALTER SYSTEM SET random_page_cost = 100; reload; sorting queries go on",
    causes: [[{ diagnosis: 'postgres.settings-regression', target: 'db' }]],
    mitigation: 'always',
    actions: ['postgres.reset-setting'],
    // Whether a setting was the cause is held for a minute before it counts as done.
    withinMs: 150_000,
    lacks: nothing,
    prepare: busySorts,
    inject: regressSettings,
    symptom: isSortOnDisk,
  },
  {
    id: 'postgres.archive-failing',
    row: '18',
    lab: 'shop',
    title: 'The archive command fails, and backups end silently',
    does: "ALTER SYSTEM SET archive_command = '/bin/false'; reload; pg_switch_wal()",
    causes: [[{ diagnosis: 'postgres.archiving-stuck', target: 'db' }]],
    mitigation: 'explain',
    actions: [],
    mayApply: ['postgres.reset-setting'],
    lacks: nothing,
    inject: failArchiving,
  },
  {
    id: 'postgres.sequence-end',
    row: '11',
    lab: 'shop',
    title: 'A sequence is about to run out',
    does: 'table tickets (id serial); ALTER SEQUENCE tickets_id_seq RESTART 2147483640; one INSERT',
    causes: [[{ diagnosis: 'postgres.sequence-end', target: 'db' }]],
    mitigation: 'explain',
    actions: [],
    lacks: nothing,
    prepare: async ({ stack }) => {
      const { admin } = stack.servers.postgres;
      await admin('create table tickets (id serial primary key, note text)');
      await admin("insert into tickets (note) values ('first')");
      await admin('grant select on tickets, tickets_id_seq to upkeep');
      return async () => {
        await admin('drop table tickets');
      };
    },
    inject: async ({ stack }) => {
      const { admin } = stack.servers.postgres;
      await admin('alter sequence tickets_id_seq restart 2147483640');
      await admin("insert into tickets (note) values ('one of the last')");
      return async () => {
        await admin('alter sequence tickets_id_seq restart 2');
        await admin("select nextval('tickets_id_seq')");
      };
    },
  },
];

/** The table is the lab's: what a table was like before is known only of one that was there. */
async function busyVisits(lab: Lab): Promise<Undo> {
  return repeat(lab, 'app', 'visits-page', 50, (n) => [
    'select id, page from visits where customer = $1',
    [`customer ${n % 20_000}`],
  ]);
}

const sort = 'select customer, item, quantity from orders order by customer, item, quantity';

async function busySorts(lab: Lab): Promise<Undo> {
  return repeat(lab, 'app', 'order-report', 50, () => [sort, []]);
}

async function isSortOnDisk({ stack }: Lab): Promise<boolean> {
  const rows = await stack.servers.postgres.admin(`explain (analyze, timing off, summary off) ${sort}`);
  return rows.some((row) =>
    Object.values(row).some((line) => String(line).includes('Sort Method: external')),
  );
}

/** A statement again and again, in a session of its own. */
async function repeat(
  { clock, stack }: Lab,
  role: 'app' | 'batch',
  name: string,
  everyMs: number,
  statement: (n: number) => [string, unknown[]],
): Promise<Undo> {
  const client = stack.servers.postgres.client(role, name);
  await client.connect();
  let isOver = false;
  const loop = async () => {
    for (let n = 1; !isOver; n += 1) {
      await client.query(...statement(n)).catch(() => {});
      await clock.sleep(everyMs);
    }
  };
  const looping = loop();
  return async () => {
    isOver = true;
    await looping;
    await client.end().catch(() => {});
  };
}

async function deadSlot({ stack }: Lab): Promise<Undo> {
  const { admin } = stack.servers.postgres;
  await admin("select pg_create_physical_replication_slot('drill_dead', true)");
  await admin('create table drill_ballast (text text)');
  await admin("insert into drill_ballast select repeat('x', 1000) from generate_series(1, 100000)");
  await admin('drop table drill_ballast');
  return async () => {
    await admin(
      "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = 'drill_dead'",
    );
  };
}

async function regressSettings({ stack }: Lab): Promise<Undo> {
  const { admin } = stack.servers.postgres;
  await admin("alter system set work_mem = '64kB'");
  await admin('alter system set random_page_cost = 100');
  await admin('select pg_reload_conf()');
  return async () => {
    await admin('alter system reset work_mem');
    await admin('alter system reset random_page_cost');
    await admin('select pg_reload_conf()');
  };
}

async function failArchiving({ clock, stack }: Lab): Promise<Undo> {
  const { admin } = stack.servers.postgres;
  await admin("alter system set archive_command = '/bin/false'");
  await admin('select pg_reload_conf()');
  await clock.sleep(500);
  await admin("select txid_current(), pg_logical_emit_message(true, 'drill', 'x')");
  await admin('select pg_switch_wal()');
  return async () => {
    await admin('alter system reset archive_command');
    await admin('select pg_reload_conf()');
    await admin("select pg_logical_emit_message(true, 'drill', 'x')");
    await admin('select pg_switch_wal()');
  };
}
