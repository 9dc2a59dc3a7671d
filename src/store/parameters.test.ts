import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import * as meta from './meta.ts';
import { bindable } from './parameters.ts';
import { kyselyDatabase } from './sqlite.ts';

test('booleans become flags; what no column holds is refused with its place and the remedy', () => {
  assert.equal(bindable(true, 1), 1);
  assert.equal(bindable(false, 1), 0);
  assert.equal(bindable(null, 1), null);
  assert.throws(() => bindable(new Date(0), 2), /parameter 2 is a Date; store times as integer milliseconds/);
  assert.throws(() => bindable({ a: 1 }, 3), /parameter 3 is an object; store JSON as text/);
  assert.throws(() => bindable(['a'], 1), /parameter 1 is an array/);
  assert.throws(() => bindable(undefined, 1), /parameter 1 is undefined/);
  assert.throws(() => bindable(Number.NaN, 1), /parameter 1 is NaN/);
});

test('a leading object is refused by the shim instead of shifting the row', (t) => {
  const database = new DatabaseSync(':memory:');
  t.after(() => database.close());
  database.exec('create table flags (a, b)');
  const insert = kyselyDatabase(database).prepare('insert into flags values (?, ?)');
  assert.equal(insert.reader, false);
  assert.throws(() => insert.run([{ a: 1 }, 2]), TypeError);
  assert.throws(() => insert.run([new Date(0), 2]), TypeError);
  insert.run([true, false]);
  const select = kyselyDatabase(database).prepare('select * from flags');
  assert.equal(select.reader, true);
  assert.deepEqual(
    select.all([]).map((row) => ({ ...(row as object) })),
    [{ a: 1, b: 0 }],
  );
});

forEachEngine((engine) => {
  test('text of watched systems that only one engine could hold is stored alike', async () => {
    const { db } = await engine.freshStore();
    await meta.write(db, 'hostile', 'a\0b \ud800 ü 🙂');
    assert.equal(await meta.read(db, 'hostile'), 'a\uFFFDb \uFFFD ü 🙂');
  });

  test('a Date is refused before it reaches the engine', async () => {
    const { db } = await engine.freshStore();
    // @ts-expect-error the types refuse it as well
    await assert.rejects(meta.write(db, 'when', new Date(0)), /store times as integer milliseconds/);
  });
});
