import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import type { Tx } from './index.ts';
import * as outbox from './outbox.ts';

const send = (tx: Tx, key: string, more: Partial<outbox.NewMessage> = {}) =>
  outbox.enqueue(tx, { id: `id-${key}`, notifier: 'ops', key, incidentId: null, body: '{}', at: 0, ...more });
const claimOf = (now: number, limit = 10) => ({ now, leaseMs: 1_000, limit });
const keys = (entries: readonly outbox.OutboxEntry[]) => entries.map((entry) => entry.key);

forEachEngine((engine) => {
  test('a message is queued once for a notifier and key', async () => {
    const { db } = await engine.freshStore();
    assert.equal(await send(db, 'k'), true);
    assert.equal(await send(db, 'k', { id: 'another' }), false);
    assert.equal(await send(db, 'k', { id: 'third', notifier: 'email' }), true);
    assert.deepEqual([...(await outbox.pending(db))].sort(), [
      ['email', 1],
      ['ops', 1],
    ]);
    const [entry] = await outbox.claim(db, { ...claimOf(0), notifiers: ['ops'] });
    await outbox.delivered(db, entry?.id ?? '', 5);
    assert.equal(await send(db, 'k', { id: 'fourth' }), false, 'also once it was delivered');
    assert.deepEqual([...(await outbox.pending(db))], [['email', 1]]);
  });

  test('an entry is claimed by one at a time, and again when its lease has ended', async () => {
    const { db } = await engine.freshStore();
    await send(db, 'k', { at: 10 });
    assert.equal(await outbox.nextAt(db, 'ops'), 10);
    assert.deepEqual(await outbox.claim(db, claimOf(9)), []);
    const [first] = await outbox.claim(db, claimOf(10));
    assert.equal(first?.attempts, 1);
    assert.equal(await outbox.nextAt(db, 'ops'), 1_010);
    assert.deepEqual(await outbox.claim(db, claimOf(1_009)), []);
    const [second] = await outbox.claim(db, claimOf(1_010));
    assert.equal(second?.attempts, 2);
    assert.equal((await outbox.record(db, 'ops')).failedAttempts, 2);
    await outbox.delivered(db, second?.id ?? '', 1_020);
    assert.equal(await outbox.nextAt(db, 'ops'), null);
    await outbox.retry(db, second?.id ?? '', 2_000, 'late answer');
    assert.deepEqual(await outbox.claim(db, claimOf(9_999)), [], 'what was delivered stays so');
  });

  test('what a killed process had taken is due again at once', async () => {
    const { db } = await engine.freshStore();
    await send(db, 'k');
    await outbox.claim(db, claimOf(0));
    assert.deepEqual(await outbox.claim(db, claimOf(1)), []);
    await outbox.takeBack(db);
    assert.deepEqual(keys(await outbox.claim(db, claimOf(1))), ['k']);
  });

  test('8 claimers deliver 300 messages, none twice', async () => {
    const store = await engine.freshStore();
    await store.transaction(async (tx) => {
      for (let n = 0; n < 300; n++) await send(tx, `k${n}`, { incidentId: `incident-${n % 100}` });
    });
    const taken: string[] = [];
    const claimer = async () => {
      while ((await outbox.pending(store.db)).size > 0) {
        const claimed = await outbox.claim(store, { now: 10, leaseMs: 60_000, limit: 5 });
        taken.push(...keys(claimed));
        for (const entry of claimed) await outbox.delivered(store.db, entry.id, 10);
      }
    };
    await Promise.all(Array.from({ length: 8 }, claimer));
    assert.equal(taken.length, 300);
    assert.equal(new Set(taken).size, 300);
  });

  test('messages of one incident reach a notifier in their order; others are not held up', async () => {
    const { db } = await engine.freshStore();
    await send(db, 'opened', { incidentId: 'a' });
    await send(db, 'resolved', { incidentId: 'a' });
    await send(db, 'opened-by-mail', { incidentId: 'a', notifier: 'email' });
    await send(db, 'other', { incidentId: 'b' });
    await send(db, 'report');
    const first = await outbox.claim(db, claimOf(0));
    assert.deepEqual(keys(first), ['opened', 'opened-by-mail', 'other', 'report']);
    for (const entry of first.slice(1)) await outbox.delivered(db, entry.id, 0);
    await outbox.retry(db, 'id-opened', 500, 'no route');
    assert.equal(await outbox.nextAt(db, 'ops'), 500, 'the resolution waits for the opening');
    assert.deepEqual(await outbox.claim(db, claimOf(499)), []);
    assert.deepEqual(keys(await outbox.claim(db, claimOf(500))), ['opened']);
    await outbox.giveUp(db, 'id-opened', 'refused', 600);
    assert.deepEqual(keys(await outbox.claim(db, claimOf(600))), ['resolved']);
    assert.deepEqual(await outbox.notifiersOf(db, 'a'), ['email', 'ops']);
  });

  test('what was delivered or given up is forgotten in time, what waits is kept', async () => {
    const { db } = await engine.freshStore();
    for (const key of ['delivered', 'given-up', 'waiting']) await send(db, key);
    await outbox.delivered(db, 'id-delivered', 10);
    await outbox.giveUp(db, 'id-given-up', 'refused', 10);
    assert.equal(await outbox.prune(db, 10), 0);
    assert.equal(await outbox.prune(db, 11), 2);
    assert.deepEqual(keys(await outbox.claim(db, claimOf(11))), ['waiting']);
  });
});
