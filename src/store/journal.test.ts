import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import type { Store } from './index.ts';
import * as journal from './journal.ts';

const entry = (n: number, incidentId: string | null = null): journal.NewEntry => ({
  at: 1_000 + n,
  actor: 'upkeep',
  kind: n % 2 === 0 ? 'even' : 'odd',
  subject: `target:${n % 3}`,
  incidentId,
  payload: { n, nested: { b: [1, null, 'ü'], a: true, absent: undefined } },
});

async function filled(store: Store, count: number): Promise<Store> {
  await store.transaction(async (tx) => {
    for (let n = 1; n <= count; n++) await journal.append(tx, entry(n));
  });
  return store;
}

forEachEngine((engine) => {
  test('entries are chained, read back as written and verified', async () => {
    const store = await filled(await engine.freshStore(), 5);
    const entries = await journal.list(store.db, { limit: 10 });
    assert.deepEqual(
      entries.map((one) => one.seq),
      [5, 4, 3, 2, 1],
    );
    assert.deepEqual(entries[0]?.payload, { n: 5, nested: { b: [1, null, 'ü'], a: true } });
    assert.deepEqual(await journal.verify(store.db), { ok: true, checked: 5, brokenAt: null, reason: null });
  });

  test('an empty journal is well', async () => {
    const { db } = await engine.freshStore();
    assert.deepEqual(await journal.verify(db), { ok: true, checked: 0, brokenAt: null, reason: null });
  });

  test('lists narrow by page, subject, kind and incident, and follow from a number on', async () => {
    const store = await filled(await engine.freshStore(), 9);
    await store.transaction((tx) => journal.append(tx, entry(10, 'incident-1')));
    const seqs = async (filter: Partial<journal.JournalFilter>) =>
      (await journal.list(store.db, { limit: 3, ...filter })).map((one) => one.seq);
    assert.deepEqual(await seqs({ before: 9 }), [8, 7, 6]);
    assert.deepEqual(await seqs({ after: 2 }), [3, 4, 5]);
    assert.deepEqual(await seqs({ subject: 'target:0' }), [9, 6, 3]);
    assert.deepEqual(await seqs({ kinds: ['odd'], before: 8 }), [7, 5, 3]);
    assert.deepEqual(await seqs({ incidentId: 'incident-1' }), [10]);
    assert.deepEqual(await seqs({ kinds: [] }), []);
  });

  test('writers at the same time make one chain without a gap, also when some roll back', async () => {
    const store = await engine.freshStore();
    const write = (n: number) =>
      store.transaction(async (tx) => {
        await journal.append(tx, entry(n));
        if (n % 5 === 0) throw new Error('rolled back');
        await journal.append(tx, entry(n + 1_000));
      });
    const done = await Promise.allSettled(Array.from({ length: 40 }, (_, n) => write(n)));
    assert.equal(done.filter((one) => one.status === 'rejected').length, 8);
    assert.deepEqual(await journal.verify(store.db), { ok: true, checked: 64, brokenAt: null, reason: null });
  });

  test('text that the engines cannot hold does not break the chain', async () => {
    const store = await engine.freshStore();
    await store.transaction((tx) =>
      journal.append(tx, { ...entry(1), actor: 'a\0\ud800', payload: { 'k\0': 'v\0\udfff' } }),
    );
    assert.equal((await journal.verify(store.db)).ok, true);
  });

  test('appending outside of a transaction is refused', async () => {
    const { db } = await engine.freshStore();
    await assert.rejects(journal.append(db, entry(1)), /needs a transaction/);
  });

  test('tampering is found and placed', async (t) => {
    type Tamper = { name: string; brokenAt: number; reason: RegExp; sql: (store: Store) => Promise<unknown> };
    const update = (store: Store, seq: number, set: Record<string, unknown>) =>
      store.db.updateTable('journal').set(set).where('seq', '=', seq).execute();
    const remove = (store: Store, ...seqs: number[]) =>
      store.db.deleteFrom('journal').where('seq', 'in', seqs).execute();
    const tampers: Tamper[] = [
      {
        name: 'a changed payload',
        brokenAt: 3,
        reason: /entry 3 was changed/,
        sql: (s) => update(s, 3, { payload: '{"n":33}' }),
      },
      {
        name: 'white space in a payload',
        brokenAt: 3,
        reason: /entry 3 was changed/,
        sql: (s) => update(s, 3, { payload: '{"n": 3}' }),
      },
      {
        name: 'a changed actor',
        brokenAt: 2,
        reason: /was changed/,
        sql: (s) => update(s, 2, { actor: 'owner' }),
      },
      { name: 'a changed time', brokenAt: 6, reason: /was changed/, sql: (s) => update(s, 6, { at: 1 }) },
      {
        name: 'an entry moved to another incident',
        brokenAt: 4,
        reason: /was changed/,
        sql: (s) => update(s, 4, { incident_id: 'other' }),
      },
      {
        name: 'a deletion in the middle',
        brokenAt: 4,
        reason: /entry 4 is missing/,
        sql: (s) => remove(s, 4),
      },
      {
        name: 'a deletion at the beginning',
        brokenAt: 1,
        reason: /entry 1 is missing/,
        sql: (s) => remove(s, 1),
      },
      { name: 'a cut tail', brokenAt: 5, reason: /entries 5 to 6 are missing/, sql: (s) => remove(s, 5, 6) },
      {
        name: 'everything deleted',
        brokenAt: 1,
        reason: /entries 1 to 6 are missing/,
        sql: (s) => remove(s, 1, 2, 3, 4, 5, 6),
      },
      {
        name: 'two entries in each other’s place',
        brokenAt: 2,
        reason: /entry 2 was changed/,
        sql: async (s) => {
          await update(s, 2, { seq: 99 });
          await update(s, 3, { seq: 2 });
          await update(s, 99, { seq: 3 });
        },
      },
      {
        name: 'an entry added behind',
        brokenAt: 7,
        reason: /entry 7 was added/,
        sql: (s) =>
          s.db
            .insertInto('journal')
            .values({
              ...{ seq: 7, at: 1, actor: 'x', kind: 'x', subject: 'x', incident_id: null },
              ...{ payload: '{}', prev_hash: 'x', hash: 'x' },
            })
            .execute(),
      },
      {
        name: 'a forgotten head',
        brokenAt: 1,
        reason: /entry 1 was added/,
        sql: (s) => s.db.deleteFrom('meta').where('key', '=', 'journal.head').execute(),
      },
    ];
    for (const { name, brokenAt, reason, sql } of tampers) {
      await t.test(name, async () => {
        const store = await filled(await engine.freshStore(), 6);
        await sql(store);
        const found = await journal.verify(store.db);
        assert.equal(found.ok, false);
        assert.equal(found.brokenAt, brokenAt);
        assert.match(found.reason ?? '', reason);
        await store.close();
      });
    }
  });

  test('an entry written anew with a fitting hash of its own breaks the next one', async () => {
    const store = await filled(await engine.freshStore(), 3);
    const other = await engine.freshStore();
    const forged = await other.transaction(async (tx) => {
      await journal.append(tx, entry(1));
      await journal.append(tx, { ...entry(2), actor: 'nobody' });
      return tx.selectFrom('journal').selectAll().where('seq', '=', 2).executeTakeFirstOrThrow();
    });
    await store.db.updateTable('journal').set(forged).where('seq', '=', 2).execute();
    assert.deepEqual(await journal.verify(store.db), {
      ok: false,
      checked: 2,
      brokenAt: 3,
      reason: 'entry 3 does not follow the entry before it',
    });
  });

  test('a journal longer than a page is verified whole', async () => {
    const store = await filled(await engine.freshStore(), 1_001);
    assert.deepEqual(await journal.verify(store.db), {
      ok: true,
      checked: 1_001,
      brokenAt: null,
      reason: null,
    });
  });
});
