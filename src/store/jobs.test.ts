import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import * as jobs from './jobs.ts';

const job = (key: string, runAt = 0) => ({ kind: 'diagnose', key, payload: { key }, runAt });
const claimOf = (now: number, limit = 10) => ({ now, leaseMs: 1_000, limit, owner: 'a' });

forEachEngine((engine) => {
  test('8 concurrent claimers take each of 1,000 jobs exactly once', async () => {
    const store = await engine.freshStore();
    await store.transaction(async (tx) => {
      for (let n = 0; n < 1_000; n++) await jobs.enqueue(tx, job(`job-${n}`));
    });
    const taken: string[] = [];
    const claimer = async (owner: string) => {
      for (;;) {
        const claimed = await jobs.claim(store, { now: 10, leaseMs: 60_000, limit: 7, owner });
        if (claimed.length === 0) return;
        assert.ok(claimed.length <= 7);
        taken.push(...claimed.map((one) => one.key));
        for (const one of claimed) assert.equal(await jobs.complete(store.db, one), true);
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, n) => claimer(`claimer-${n}`)));
    assert.equal(taken.length, 1_000);
    assert.equal(new Set(taken).size, 1_000);
    assert.equal(await jobs.nextAt(store.db), null);
  });

  test('a key is taken while its job waits', async () => {
    const { db } = await engine.freshStore();
    assert.equal(await jobs.enqueue(db, job('k')), true);
    assert.equal(await jobs.enqueue(db, job('k', 99)), false);
    const [claimed] = await jobs.claim(db, claimOf(0));
    assert.deepEqual(claimed?.payload, { key: 'k' });
    await jobs.complete(db, claimed);
    assert.equal(await jobs.enqueue(db, job('k')), true);
  });

  test('what becomes necessary while a job of its key runs is done after it, not beside it', async () => {
    const { db } = await engine.freshStore();
    await jobs.enqueue(db, job('k'));
    const [first] = await jobs.claim(db, claimOf(0));
    assert.ok(first);
    assert.equal(await jobs.enqueue(db, job('k')), true);
    assert.deepEqual(await jobs.claim(db, claimOf(0)), []);
    assert.equal(await jobs.nextAt(db), 1_000, 'the end of the lease, not the job that cannot begin');
    await jobs.complete(db, first);
    const [second] = await jobs.claim(db, claimOf(0));
    assert.ok(second);
    assert.notEqual(second.id, first.id);
  });

  test('a failed job leaves its work to the one of its key that waits', async () => {
    const { db } = await engine.freshStore();
    await jobs.enqueue(db, job('k'));
    const [first] = await jobs.claim(db, claimOf(0));
    assert.ok(first);
    await jobs.enqueue(db, job('k', 5));
    assert.equal(await jobs.fail(db, first, 'no route', 500), true);
    assert.deepEqual(
      (await jobs.claim(db, claimOf(600))).map((one) => one.attempts),
      [1],
    );
  });

  test('what a killed process left running is taken back at once, with one job for a key', async () => {
    const { db } = await engine.freshStore();
    for (const key of ['alone', 'twice']) await jobs.enqueue(db, job(key));
    const killed = await jobs.claim(db, claimOf(0));
    await jobs.enqueue(db, job('twice'));
    assert.equal(killed.length, 2);
    assert.equal(await jobs.takeBack(db), 1);
    const claimed = await jobs.claim(db, claimOf(1));
    assert.deepEqual(claimed.map((one) => [one.key, one.attempts]).sort(), [
      ['alone', 2],
      ['twice', 1],
    ]);
    for (const one of killed) await jobs.complete(db, one);
    assert.equal(await jobs.nextAt(db), 1_001, 'the killed process can end nothing any more');
  });

  test('only what is due is claimed, the longest due first, and only of the kinds asked for', async () => {
    const { db } = await engine.freshStore();
    await jobs.enqueue(db, job('late', 20));
    await jobs.enqueue(db, job('early', 10));
    await jobs.enqueue(db, job('future', 31));
    await jobs.enqueue(db, { ...job('other', 5), kind: 'learn' });
    assert.equal(await jobs.nextAt(db), 5);
    const claimed = await jobs.claim(db, { ...claimOf(30), kinds: ['diagnose'] });
    assert.deepEqual(
      claimed.map((one) => one.key),
      ['early', 'late'],
    );
    assert.deepEqual(
      (await jobs.claim(db, { ...claimOf(30), limit: 1 })).map((one) => one.key),
      ['other'],
    );
    assert.equal(await jobs.nextAt(db), 31);
  });

  test('a job whose lease has ended goes to another worker, and the first can no longer end it', async () => {
    const { db } = await engine.freshStore();
    await jobs.enqueue(db, job('k'));
    const [first] = await jobs.claim(db, claimOf(0));
    assert.ok(first);
    assert.equal(await jobs.nextAt(db), 1_000);
    assert.deepEqual(await jobs.claim(db, claimOf(999)), []);
    const [second] = await jobs.claim(db, claimOf(1_000));
    assert.equal(second?.attempts, 2);
    assert.equal(await jobs.complete(db, first), false);
    assert.equal(await jobs.fail(db, first, 'late', null), false);
    assert.equal(await jobs.extend(db, first, 9_000), false);
    assert.equal(await jobs.extend(db, second, 9_000), true);
    assert.deepEqual(await jobs.claim(db, claimOf(8_999)), []);
    assert.equal(await jobs.complete(db, second), true);
    assert.equal(await jobs.complete(db, second), false);
  });

  test('a failed job comes back at its time, or never', async () => {
    const { db } = await engine.freshStore();
    await jobs.enqueue(db, job('k'));
    const [first] = await jobs.claim(db, claimOf(0));
    assert.ok(first);
    assert.equal(await jobs.fail(db, first, 'no route', 500), true);
    assert.deepEqual(await jobs.claim(db, claimOf(499)), []);
    const [second] = await jobs.claim(db, claimOf(500));
    assert.ok(second);
    assert.equal(second.attempts, 2);
    assert.equal(await jobs.fail(db, second, 'no route', null), true);
    assert.deepEqual(await jobs.claim(db, claimOf(1e12)), []);
    assert.equal(await jobs.prune(db, 501), 1);
  });

  test('a job of a transaction that rolls back was never there', async () => {
    const store = await engine.freshStore();
    await assert.rejects(
      store.transaction(async (tx) => {
        await jobs.enqueue(tx, job('k'));
        throw new Error('changed my mind');
      }),
      /changed my mind/,
    );
    assert.deepEqual(await jobs.claim(store, claimOf(10)), []);
  });
});
