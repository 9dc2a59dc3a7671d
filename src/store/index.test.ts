import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import { freePort } from '../../test/servers/free-port.ts';
import { missing } from '../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../test/servers/process.ts';
import { systemClock } from '../clock.ts';
import {
  openStore,
  refusalOf as refusalWhenTried,
  StoreInUse,
  type StoreLocation,
  StoreRefusal,
  StoreTooNew,
  StoreUnavailable,
} from './index.ts';
import * as jobs from './jobs.ts';
import * as journal from './journal.ts';
import * as meta from './meta.ts';
import { standing } from './migrations/index.ts';

async function refusalOf(location: StoreLocation, options = {}): Promise<StoreRefusal> {
  const error = await openStore(location, systemClock, options).then(
    () => assert.fail('it was opened'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StoreRefusal, String(error));
  assert.doesNotMatch(error.message, /\n/);
  return error;
}

const job = (key: string) => ({ kind: 'test', key, payload: {}, runAt: 0 });
const entry = { at: 1, actor: 'test', kind: 'test', subject: 'test', payload: {} };

forEachEngine((engine) => {
  test('what was stored is there after closing and opening again', async () => {
    const location = await engine.freshLocation();
    const first = await openStore(location, systemClock);
    assert.equal(first.engine, engine.kind);
    await meta.write(first.db, 'k', 'v');
    await first.close();
    await first.close();
    const second = await openStore(location, systemClock);
    assert.equal(await meta.read(second.db, 'k'), 'v');
    await second.close();
  });

  test('a transaction is all or nothing', async () => {
    const store = await engine.freshStore();
    const result = await store.transaction(async (tx) => {
      await meta.write(tx, 'kept', '1');
      return 42;
    });
    assert.equal(result, 42);
    await assert.rejects(
      store.transaction(async (tx) => {
        await meta.write(tx, 'kept', '2');
        await jobs.enqueue(tx, job('k'));
        await journal.append(tx, entry);
        throw new Error('on second thoughts');
      }),
      /on second thoughts/,
    );
    assert.equal(await meta.read(store.db, 'kept'), '1');
    assert.equal(await jobs.nextAt(store.db), null);
    assert.equal((await journal.verify(store.db)).checked, 0);
  });

  test('a transaction whose failed statement was passed over is not committed by half', async () => {
    const store = await engine.freshStore();
    await assert.rejects(
      store.transaction(async (tx) => {
        await meta.write(tx, 'half', '1');
        await tx
          .insertInto('meta')
          .values({ key: 'half', value: '2' })
          .execute()
          .catch(() => {});
      }),
      /nothing of it was committed/,
    );
    assert.equal(await meta.read(store.db, 'half'), undefined);
    await store.transaction((tx) => meta.write(tx, 'half', '3'));
    assert.equal(await meta.read(store.db, 'half'), '3', 'the connection is clean again');
  });

  test('using the store inside one of its transactions is an error, not a wait for ever', async () => {
    const store = await engine.freshStore();
    const misuse = /inside a transaction; use the tx/;
    await assert.rejects(
      store.transaction(() => meta.read(store.db, 'k')),
      misuse,
    );
    await assert.rejects(
      store.transaction(() => store.transaction((tx) => meta.read(tx, 'k'))),
      misuse,
    );
    let later: Promise<unknown> = Promise.resolve();
    await store.transaction(async () => {
      later = new Promise((resolve) => setImmediate(resolve)).then(() => meta.read(store.db, 'k'));
    });
    assert.equal(await later, undefined, 'what it started may use the store once it has ended');
  });

  test('many transactions at once all commit', async () => {
    const store = await engine.freshStore();
    await Promise.all(
      Array.from({ length: 50 }, (_, n) => store.transaction((tx) => meta.write(tx, `k${n}`, `${n}`))),
    );
    assert.equal(await meta.read(store.db, 'k49'), '49');
  });

  test('a store of a newer version, or with an unknown migration, is refused with what to do', async () => {
    const location = await engine.freshLocation();
    const store = await openStore(location, systemClock);
    await meta.write(store.db, 'schema_version', '99');
    await store.close();
    const refusal = await refusalOf(location);
    assert.ok(refusal instanceof StoreTooNew);
    assert.match(
      refusal.message,
      /written by a newer Upkeep \(store version 99, this one knows \d+\); start that/,
    );
    assert.ok((await refusalOf(location, { shared: true })) instanceof StoreTooNew);

    assert.match(String(await refusalWhenTried(location)), /written by a newer Upkeep \(store version 99/);

    const other = await engine.freshStore();
    await sql`insert into migrations (name, timestamp) values ('9999-later', '2030-01-01')`.execute(other.db);
    await assert.rejects(standing(other.db, 'it'), StoreTooNew);
  });

  test('a second instance in the same process is refused too, and let in after the first has closed', async () => {
    const location = await engine.freshLocation();
    const first = await openStore(location, systemClock);
    assert.ok((await refusalOf(location)) instanceof StoreInUse);
    await first.close();
    await (await openStore(location, systemClock)).close();
  });

  test('a shared opening makes nothing, and reads and writes beside the owner', async () => {
    const location = await engine.freshLocation();
    const refusal = await refusalOf(location, { shared: true });
    assert.ok(refusal instanceof StoreUnavailable);
    assert.match(refusal.message, /there is no store .* yet; `upkeep run` makes it/);
    const owner = await openStore(location, systemClock);
    const beside = await openStore(location, systemClock, { shared: true });
    await beside.transaction((tx) => journal.append(tx, entry));
    await owner.transaction((tx) => journal.append(tx, entry));
    assert.equal((await journal.verify(beside.db)).checked, 2);
    await beside.close();
    await owner.close();
  });
});

forEachEngine((engine) => {
  test('a place is tried without making anything, before there is a store, beside its owner and after', async () => {
    const location = await engine.freshLocation();
    const files = () => {
      const folder = location.kind === 'sqlite' ? dirname(location.file) : '';
      return existsSync(folder) ? readdirSync(folder).sort() : null;
    };
    assert.equal(await refusalWhenTried(location), null);
    assert.equal(files(), null);
    assert.match((await refusalOf(location, { shared: true })).message, /there is no store/);
    const owner = await openStore(location, systemClock);
    const during = files();
    assert.equal(await refusalWhenTried(location), null);
    assert.deepEqual(files(), during);
    await owner.close();
    const after = files();
    assert.equal(await refusalWhenTried(location), null);
    assert.deepEqual(files(), after);
  });
});

test('a folder that cannot be made, or holds something else, is named with the remedy', async (t) => {
  const folder = temporaryFolder('unwritable');
  t.after(() => removeFolder(folder));
  writeFileSync(join(folder, 'file'), 'not a folder');
  const blocked = await refusalOf({ kind: 'sqlite', file: join(folder, 'file', 'state.db') });
  assert.ok(blocked instanceof StoreUnavailable);
  assert.match(
    blocked.message,
    /folder .*file cannot be written \(.*\); make it writable .* or set another `store:`/,
  );
  assert.match(
    String(await refusalWhenTried({ kind: 'sqlite', file: join(folder, 'file', 'state.db') })),
    /file cannot be written \(ENOTDIR.*\); make it writable/,
  );

  const garbage = join(folder, 'garbage.db');
  writeFileSync(garbage, 'this is no database, however long it may be'.repeat(50));
  assert.match(
    (await refusalOf({ kind: 'sqlite', file: garbage })).message,
    /garbage\.db is no readable store/,
  );
  assert.match(
    String(await refusalWhenTried({ kind: 'sqlite', file: garbage })),
    /garbage\.db is no readable store/,
  );
});

test('a folder without the right to write is named with the remedy', {
  skip: process.getuid?.() !== 0 && 'needs root',
}, async (t) => {
  const folder = temporaryFolder('foreign');
  mkdirSync(join(folder, 'data'), { mode: 0o755 });
  t.after(() => {
    process.seteuid?.(0);
    removeFolder(folder);
  });
  chmodSync(folder, 0o755);
  process.seteuid?.(65_534);
  const refusal = await refusalOf({ kind: 'sqlite', file: join(folder, 'data', 'state.db') });
  process.seteuid?.(0);
  assert.match(refusal.message, /data cannot be written \(.*\); make it writable/);
});

test('nobody else may read the embedded store', async (t) => {
  const folder = temporaryFolder('mode');
  t.after(() => removeFolder(folder));
  const file = join(folder, 'data', 'state.db');
  const store = await openStore({ kind: 'sqlite', file }, systemClock);
  await meta.write(store.db, 'k', 'v');
  for (const one of [file, `${file}-wal`]) assert.equal(statSync(one).mode & 0o777, 0o600, one);
  assert.equal(statSync(dirname(file)).mode & 0o777, 0o700);
  await store.close();
});

test('a server that cannot be reached is named without the password', async () => {
  const port = await freePort();
  const refusal = await refusalOf({ kind: 'postgres', url: `postgres://me:hunter2@127.0.0.1:${port}/state` });
  assert.ok(refusal instanceof StoreUnavailable);
  assert.match(
    refusal.message,
    new RegExp(`127\\.0\\.0\\.1:${port}/state cannot be used .*; start the server`),
  );
  assert.doesNotMatch(refusal.message, /hunter2/);
  const tried = await refusalWhenTried({
    kind: 'postgres',
    url: `postgres://me:hunter2@127.0.0.1:${port}/state`,
  });
  assert.match(String(tried), /state cannot be used .*; start the server/);
  assert.doesNotMatch(String(tried), /hunter2/);
  const wrong = await refusalOf({ kind: 'postgres', url: 'mysql://me:hunter2@127.0.0.1/state' });
  assert.match(wrong.message, /no PostgreSQL URL; write postgres:/);
  assert.doesNotMatch(wrong.message, /hunter2/);
});

test('PostgreSQL: refusals, schemas, session settings, and a lost lock', {
  skip: missing(postgresServer),
}, async (t) => {
  const server = await startPostgres({ password: 'right' });
  t.after(() => server.stop());
  const at = (url: string) => ({ kind: 'postgres', url }) as const;

  await t.test(
    'a wrong password, a missing database and a wrong encoding each name their remedy',
    async () => {
      const wrong = await refusalOf(at(server.url.replace('right', 'guess')));
      assert.match(wrong.message, /password authentication failed.*; correct user and password/);
      assert.doesNotMatch(wrong.message, /guess/);
      const none = await refusalOf(at(server.url.replace(/postgres$/, 'nowhere')));
      assert.match(none.message, /create the database, or correct its name/);
      await server.query(`create database latin encoding 'LATIN1' locale 'C' template template0`);
      const latin = await refusalOf(at(server.url.replace(/postgres$/, 'latin')));
      assert.match(latin.message, /has the encoding LATIN1; create a database with encoding 'UTF8'/);
    },
  );

  await t.test('a role that may not make the schema is told the grant', async () => {
    await server.query(`create role poor login password 'right'`);
    const refusal = await refusalOf(at(server.url.replace('postgres:right', 'poor:right')));
    assert.match(refusal.message, /permission denied.*grant create on database/);
    const poor = { kind: 'postgres', url: server.url.replace('postgres:right', 'poor:right') } as const;
    assert.match(
      String(await refusalWhenTried(poor)),
      /may not write in .*: grant create on database postgres to poor$/,
    );
    await server.query('create schema upkeep');
    assert.match(String(await refusalWhenTried(poor)), /grant usage, create on schema upkeep to poor$/);
    await server.query('grant usage, create on schema upkeep to poor');
    assert.equal(await refusalWhenTried(poor), null);
    await server.query('drop schema upkeep');
  });

  await t.test('all tables stand in the schema of the URL, and two schemas are two stores', async () => {
    const url = await server.createDatabase('schemas');
    const one = await openStore(at(url), systemClock);
    const two = await openStore(at(`${url}?schema=Second%20store`), systemClock);
    await meta.write(one.db, 'who', 'one');
    await meta.write(two.db, 'who', 'two');
    assert.equal(await meta.read(one.db, 'who'), 'one');
    const { rows } = await sql<{ schemaname: string }>`
      select distinct schemaname from pg_tables where schemaname not in ('pg_catalog', 'information_schema')
      order by schemaname`.execute(one.db);
    assert.deepEqual(
      rows.map((row) => row.schemaname),
      ['Second store', 'upkeep'],
    );
    await one.close();
    await two.close();
  });

  await t.test('sessions say who they are, wait for nothing for ever, and read int8 as numbers', async () => {
    const store = await openStore(at(server.url), systemClock);
    const { rows } = await sql<Record<string, unknown>>`
      select current_setting('application_name') as name, current_setting('statement_timeout') as statement,
        current_setting('lock_timeout') as lock,
        current_setting('idle_in_transaction_session_timeout') as idle, 1::int8 as n`.execute(store.db);
    assert.deepEqual(rows, [{ name: 'upkeep', statement: '1min', lock: '15s', idle: '1min', n: 1 }]);
    await store.close();
  });

  await t.test('after a restart of the server it goes on, and holds the store again', async () => {
    const store = await openStore(at(server.url), systemClock);
    await server.restart();
    await retried(() => store.transaction((tx) => meta.write(tx, 'after', 'restart')));
    assert.equal(await meta.read(store.db, 'after'), 'restart');
    assert.ok((await refusalOf(at(server.url))) instanceof StoreInUse);
    await store.close();
  });

  await t.test('one whose hold another took meanwhile writes no more', async () => {
    const store = await openStore(at(server.url), systemClock);
    await server.restart();
    const usurper = await openStore(at(server.url), systemClock);
    await assert.rejects(
      retried(() => store.transaction((tx) => meta.write(tx, 'who', 'old'))),
      StoreInUse,
    );
    await usurper.close();
    await store.close();
  });

  await t.test('transactions that deadlock run again', async () => {
    const store = await openStore(at(server.url), systemClock);
    await meta.write(store.db, 'a', '0');
    await meta.write(store.db, 'b', '0');
    let arrived = 0;
    let meet = () => {};
    const both = new Promise<void>((resolve) => {
      meet = resolve;
    });
    const cross = (first: string, second: string) =>
      store.transaction(async (tx) => {
        await meta.write(tx, first, 'x');
        if (++arrived === 2) meet();
        await both;
        await meta.write(tx, second, 'x');
      });
    await Promise.all([cross('a', 'b'), cross('b', 'a')]);
    assert.equal(arrived, 3, 'one of them ran twice');
    await store.close();
  });
});

/** Connections that the restart cut may each fail once before they are replaced. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let left = 20; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (left === 0 || error instanceof StoreRefusal) throw error;
    }
  }
}
