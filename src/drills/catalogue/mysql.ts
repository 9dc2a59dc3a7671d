/** MariaDB: who waits for whom, and who takes every connection. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import { until } from '../../demo/until.ts';
import { type Drill, firstLack, type Lab, type Undo } from '../drill.ts';
import { needsCommand, needsRoot, needsSystem } from './needs.ts';

const lacks: Drill['lacks'] = ({ systems }) =>
  firstLack(needsSystem(systems, 'mysql'), needsCommand('mariadbd', 'mariadb-server'));
const blocked = [[{ diagnosis: 'mysql.blocked-by-lock', target: 'mysql' }]];

export const mysql: readonly Drill[] = [
  {
    id: 'mysql.metadata-lock',
    row: '20',
    lab: 'mysql',
    title: 'A schema change waits for an open transaction, and everybody for the change',
    does: 'START TRANSACTION; SELECT … FROM parcels; then ALTER TABLE parcels ADD COLUMN, then SELECTs',
    causes: blocked,
    mitigation: 'always',
    actions: ['mysql.kill-query'],
    lacks,
    inject: queueForMetadata,
    symptom: isReadStuck,
  },
  {
    id: 'mysql.open-transaction',
    row: '20',
    lab: 'mysql',
    title: 'A transaction is left open and holds rows',
    does: 'START TRANSACTION; UPDATE parcels …; and nothing more; four sessions wait for its rows',
    causes: blocked,
    mitigation: 'ask',
    actions: ['mysql.kill-connection'],
    mayApply: ['mysql.kill-query'],
    lacks,
    inject: leaveOpen,
  },
  {
    id: 'mysql.tables-locked',
    row: '20',
    lab: 'mysql',
    title: 'A session keeps a table by LOCK TABLES and sleeps',
    does: 'LOCK TABLES parcels WRITE; and nothing more; four sessions wait to read',
    causes: blocked,
    mitigation: 'ask',
    actions: ['mysql.kill-connection'],
    lacks,
    inject: keepTables,
  },
  {
    id: 'mysql.connections-exhausted',
    row: '1',
    lab: 'mysql',
    title: 'A program opens sessions until none is left',
    does: 'user shop: idle sessions until MariaDB answers 1040',
    causes: [[{ diagnosis: 'mysql.connections-exhausted', target: 'mysql' }]],
    mitigation: 'explain',
    actions: [],
    lacks,
    inject: takeAllConnections,
  },
  {
    id: 'mysql.replica-stopped',
    row: '21',
    lab: 'mysql',
    title: 'Somebody wrote on a replica, and it applies nothing any more',
    does: 'INSERT of a row on the replica, then of one with the same key on its source: error 1062',
    causes: [[{ diagnosis: 'mysql.replication-stopped', target: 'mysql-replica' }]],
    // Whether the row of the replica or of its source is right only people know; skipping it hides the difference.
    mitigation: 'explain',
    actions: [],
    lacks,
    inject: writeOnReplica,
  },
  {
    id: 'mysql.made-read-only',
    row: '14',
    lab: 'mysql',
    title: 'Writes were frozen, and nobody let them go',
    does: 'SET GLOBAL read_only = ON',
    causes: [[{ diagnosis: 'mysql.made-read-only', target: 'mysql' }]],
    // Whether a failover is under way only people know: two servers that take writes part for good.
    mitigation: 'explain',
    actions: [],
    lacks,
    async inject(lab) {
      await mariadbOf(lab).admin('set global read_only = on');
      return async () => void (await mariadbOf(lab).admin('set global read_only = off'));
    },
  },
  {
    id: 'mysql.tmpdir-full',
    row: '22',
    lab: 'mysql',
    title: 'The folder for temporary files is full: what sorts fails, all else goes on',
    does: 'a file of 31 MB in tmpdir, a file system of 32 MB',
    causes: [[{ diagnosis: 'mysql.tmpdir-full', target: 'mysql' }]],
    mitigation: 'explain',
    actions: [],
    mayApply: ['mysql.kill-query'],
    lacks: (world) => firstLack(lacks(world), needsRoot()),
    inject: async (lab) => {
      const file = join(mariadbOf(lab).tmpdir, 'left-over.tmp');
      writeFileSync(file, Buffer.alloc(31 * 1024 * 1024));
      return async () => rmSync(file, { force: true });
    },
  },
];

function mariadbOf({ mariadb }: Lab) {
  if (mariadb === undefined) throw new Error('this sandbox has no MariaDB');
  return mariadb;
}

function endAll(clients: Connection[]): Undo {
  return async () => {
    for (const client of clients.splice(0)) client.destroy();
  };
}

async function waiting(lab: Lab, what: string, condition: string, least: number): Promise<void> {
  await until(lab.clock, what, 10_000, async () => {
    const rows = await mariadbOf(lab).admin(
      `select 1 from information_schema.processlist where ${condition}`,
    );
    return rows.length >= least;
  });
}

async function queueForMetadata(lab: Lab): Promise<Undo> {
  const server = mariadbOf(lab);
  const clients: Connection[] = [];
  const login = async () => {
    const client = await server.login();
    clients.push(client);
    return client;
  };
  const undo: Undo = async () => {
    await endAll(clients)();
    await server.admin('alter table shop.parcels drop column if exists drill_note');
  };
  const holder = await login();
  await holder.query('start transaction');
  await holder.query('select count(*) from parcels');
  const changer = await login();
  changer.query('alter table parcels add column drill_note int').catch(() => {});
  await waiting(lab, 'the waiting change', "state like 'Waiting for table metadata lock%'", 1);
  for (let n = 0; n < 4; n += 1) (await login()).query('select * from parcels where id = 1').catch(() => {});
  await waiting(lab, 'those behind it', "state like 'Waiting for table metadata lock%'", 4);
  return undo;
}

async function keepTables(lab: Lab): Promise<Undo> {
  const server = mariadbOf(lab);
  const clients: Connection[] = [];
  const login = async () => {
    const client = await server.login();
    clients.push(client);
    return client;
  };
  await server.admin("grant lock tables on shop.* to shop@'127.0.0.1'");
  const holder = await login();
  await holder.query('lock tables parcels write');
  for (let n = 0; n < 4; n += 1) (await login()).query('select * from parcels where id = 1').catch(() => {});
  await waiting(lab, 'those who wait', "state like 'Waiting for table metadata lock%'", 4);
  return async () => {
    await endAll(clients)();
    await server.admin("revoke lock tables on shop.* from shop@'127.0.0.1'");
  };
}

async function writeOnReplica(lab: Lab): Promise<Undo> {
  const { admin, replica } = mariadbOf(lab);
  await replica.admin("insert into shop.parcels values (5001, 'written here')");
  await admin("insert into shop.parcels values (5001, 'sent')");
  return async () => {
    await replica.admin('delete from shop.parcels where id = 5001');
    await replica.admin('start slave');
    await admin('delete from shop.parcels where id = 5001');
  };
}

async function isReadStuck(lab: Lab): Promise<boolean> {
  const client = await mariadbOf(lab).login();
  try {
    await client.query({ sql: 'select * from parcels where id = 2', timeout: 1_000 });
    return false;
  } finally {
    client.destroy();
  }
}

async function leaveOpen(lab: Lab): Promise<Undo> {
  const server = mariadbOf(lab);
  const clients: Connection[] = [];
  const holder = await server.login();
  clients.push(holder);
  await holder.query('start transaction');
  await holder.query("update parcels set state = 'open' where id <= 100");
  for (let n = 1; n <= 4; n += 1) {
    const client = await server.login();
    clients.push(client);
    await client.query('set innodb_lock_wait_timeout = 120');
    client.query("update parcels set state = 'held' where id = ?", [n]).catch(() => {});
  }
  await waiting(lab, 'those who wait for rows', "info like 'update parcels%'", 4);
  return endAll(clients);
}

async function takeAllConnections(lab: Lab): Promise<Undo> {
  const clients: Connection[] = [];
  for (let n = 0; n < 60; n += 1) {
    try {
      clients.push(await mariadbOf(lab).login());
    } catch {
      break;
    }
  }
  if (clients.length < 10) throw new Error('only a few sessions could be opened');
  return endAll(clients);
}
