import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import { compiledOnce } from './compiled.ts';
import type { Tx } from './index.ts';

forEachEngine((engine) => {
  test('a statement is built once and answers with the values of each use', async () => {
    let built = 0;
    const find = compiledOnce<{ key: string }, { key: string; least: string }>((db, blank) => {
      built++;
      return db
        .selectFrom('meta')
        .select('key')
        .where('key', '=', blank('key'))
        .where((eb) => eb.or([eb('value', '>=', blank('least')), eb('key', '=', blank('key'))]))
        .where('key', '<>', 'fixed');
    });
    const store = await engine.freshStore();
    for (const key of ['a', 'b', 'fixed']) {
      await store.db.insertInto('meta').values({ key, value: '5' }).execute();
    }
    const found = async (tx: Tx, key: string, least: string) =>
      (await find(tx, { key, least })).map((row) => row.key);
    assert.deepEqual(await found(store.db, 'a', '9'), ['a']);
    assert.deepEqual(await found(store.db, 'b', '1'), ['b']);
    assert.deepEqual(await found(store.db, 'fixed', '1'), []);
    assert.deepEqual(await store.transaction((tx) => found(tx, 'a', '1')), ['a']);
    assert.equal(built, 1);
  });

  test('a value that no engine takes is refused as anywhere else', async () => {
    const find = compiledOnce<{ key: string }, { least: number }>((db, blank) =>
      db.selectFrom('jobs').select('key').where('run_at', '>=', blank('least')),
    );
    const { db } = await engine.freshStore();
    await assert.rejects(find(db, { least: Number.NaN }), /parameter 1 is NaN/);
  });
});
