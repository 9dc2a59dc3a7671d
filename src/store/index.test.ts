import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import { systemClock } from '../clock.ts';
import { refusalOf } from './fixtures/refusal.ts';
import {
  openStore,
  refusalOf as refusalWhenTried,
  StoreInUse,
  StoreTooNew,
  StoreUnavailable,
} from './index.ts';
import * as jobs from './jobs.ts';
import * as journal from './journal.ts';
import * as meta from './meta.ts';
import { standing } from './migrations/index.ts';

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
