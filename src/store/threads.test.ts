import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import * as links from './links.ts';
import * as outbox from './outbox.ts';
import * as threads from './threads.ts';

forEachEngine((engine) => {
  test('each receiver and person has a thread of its own in an incident; the newest stands', async () => {
    const { db } = await engine.freshStore();
    const place = { incidentId: 'i', notifier: 'team', person: null };
    const anna = { ...place, person: 'anna' };
    assert.equal(await threads.read(db, place), null);
    await threads.write(db, place, { ts: '1' }, 10);
    await threads.write(db, anna, { ts: '2' }, 11);
    await threads.write(db, place, { ts: '3' }, 12);
    assert.deepEqual(await threads.read(db, place), { ts: '3' });
    assert.deepEqual(await threads.read(db, anna), { ts: '2' });
    assert.equal(await threads.prune(db, 12), 1);
    assert.equal(await threads.read(db, anna), null);
    assert.deepEqual(await threads.read(db, place), { ts: '3' });
  });

  test('the key of links is made once; a link is used once and forgotten when it has expired', async () => {
    const store = await engine.freshStore();
    const key = await links.linkKey(store);
    assert.ok(key.length >= 32);
    assert.equal(await links.linkKey(store), key);
    assert.equal(await links.use(store.db, { id: 'a', at: 1, expiresAt: 100 }), true);
    assert.equal(await links.use(store.db, { id: 'a', at: 2, expiresAt: 100 }), false);
    assert.equal(await links.prune(store.db, 101), 1);
  });

  test('what waits for a receiver that is out can be told by another, once', async () => {
    const { db } = await engine.freshStore();
    for (const key of ['a', 'b']) {
      await outbox.enqueue(db, { id: key, notifier: 'ops', key, incidentId: 'i', body: '{}', at: 0 });
    }
    const waiting = await outbox.undiverted(db, 'ops');
    assert.deepEqual(
      waiting.map((entry) => entry.key),
      ['a', 'b'],
    );
    await outbox.divert(db, 'a', 'mail');
    assert.deepEqual(
      (await outbox.undiverted(db, 'ops')).map((entry) => entry.key),
      ['b'],
    );
    const [claimed] = await outbox.claim(db, { now: 1, leaseMs: 1, limit: 1 });
    assert.equal(claimed?.divertedTo, 'mail');
  });
});
