import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { freePort } from '../../test/servers/free-port.ts';
import { missing } from '../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../test/servers/postgres.ts';
import { systemClock } from '../clock.ts';
import { refusalOf } from './fixtures/refusal.ts';
import {
  openStore,
  refusalOf as refusalWhenTried,
  StoreInUse,
  StoreRefusal,
  StoreUnavailable,
} from './index.ts';
import * as meta from './meta.ts';

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

  await t.test('a limit of the role is told as its own', async () => {
    await server.query(`create role tight login password 'right' connection limit 0`);
    const refusal = await refusalOf(at(server.url.replace('postgres:right', 'tight:right')));
    assert.match(
      refusal.message,
      /too many connections for role "tight"\); raise its own limit: ALTER ROLE tight CONNECTION LIMIT 10/,
    );
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
