import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import * as jobs from './jobs.ts';
import * as oncall from './oncall.ts';
import * as pages from './pages.ts';

const override = {
  ...{ id: 'o1', rotation: 'primary', person: 'ann', replaces: null, from: 100, to: 200 },
  ...{ by: 'owner', why: 'dentist', madeAt: 50 },
};

const page: pages.Page = {
  ...{ id: 'p1', key: 'i1:page:critical:0.0.0:to:ann', incidentId: 'i1', person: 'ann', rotation: 'primary' },
  ...{ level: 'medium', notifiers: ['phone'], state: 'held', at: 10, heldUntil: 20 },
};

forEachEngine((engine) => {
  test('overrides are found by the time they touch, until they are taken back', async () => {
    const { db } = await engine.freshStore();
    await oncall.insertOverride(db, override);
    await oncall.insertOverride(db, {
      ...override,
      id: 'o2',
      replaces: 'bob',
      from: 200,
      to: 300,
      madeAt: 60,
    });
    assert.deepEqual(await oncall.overrides(db, 150, 200), [override]);
    assert.equal((await oncall.overrides(db, 0, 1_000)).length, 2);
    assert.deepEqual(await oncall.overrides(db, 0, 100), []);
    assert.equal(await oncall.cancelOverride(db, 'o1', 70), true);
    assert.equal(await oncall.cancelOverride(db, 'o1', 71), false);
    assert.deepEqual(
      (await oncall.overrides(db, 0, 1_000)).map((one) => one.id),
      ['o2'],
    );
  });

  test('a calendar read again puts its absences in the place of the old, of that person alone', async () => {
    const { db } = await engine.freshStore();
    const leave = { person: 'ann', from: 0, to: 10, why: 'leave' };
    await oncall.replaceAbsences(db, 'ann', [leave, { ...leave, from: 20, to: 30 }]);
    await oncall.replaceAbsences(db, 'bob', [{ ...leave, person: 'bob' }]);
    await oncall.replaceAbsences(db, 'ann', [{ ...leave, why: 'sick' }]);
    const found = await oncall.absences(db, 0, 100);
    assert.deepEqual(found.map(({ person, why }) => `${person} ${why}`).sort(), ['ann sick', 'bob leave']);
    const all = await oncall.adjustments(db, [{ ...leave, person: 'cyd' }], 0, 100);
    assert.equal(all.absences.length, 3);
  });

  test('a page is one for its key; what is held waits for its person', async () => {
    const { db } = await engine.freshStore();
    assert.equal(await pages.insert(db, page), true);
    assert.equal(await pages.insert(db, { ...page, id: 'p2' }), false);
    assert.deepEqual(await pages.heldFor(db, 'ann'), [page]);
    assert.deepEqual(await pages.sentBetween(db, 0, 100), []);
    await pages.release(db, 'p1', 'sent', 20);
    assert.deepEqual(await pages.heldFor(db, 'ann'), []);
    assert.deepEqual(await pages.sentBetween(db, 20, 21), [{ ...page, state: 'sent', at: 20 }]);
    assert.equal((await pages.ofIncident(db, 'i1')).length, 1);
  });

  test('the address of a calendar ends when another is given out for it', async () => {
    const { db } = await engine.freshStore();
    const feed = { kind: 'person', name: 'ann' } as const;
    await oncall.putFeed(db, { ...feed, hash: 'a', by: 'owner', at: 1 });
    await oncall.putFeed(db, { kind: 'rotation', name: 'ann', hash: 'b', by: 'owner', at: 1 });
    assert.deepEqual(await oncall.feedByHash(db, 'a'), feed);
    await oncall.putFeed(db, { ...feed, hash: 'c', by: 'owner', at: 2 });
    assert.equal(await oncall.feedByHash(db, 'a'), undefined);
    assert.deepEqual(await oncall.feedByHash(db, 'c'), feed);
    assert.equal((await oncall.feedByHash(db, 'b'))?.kind, 'rotation');
  });

  test('a waiting job can be taken out again, a running one cannot', async () => {
    const store = await engine.freshStore();
    const job = { kind: 'k', key: 'k:1', payload: { step: 1 }, runAt: 10 };
    await jobs.enqueue(store.db, job);
    assert.deepEqual(await jobs.withdraw(store.db, 'k:1'), { step: 1 });
    assert.equal(await jobs.withdraw(store.db, 'k:1'), null);
    await jobs.enqueue(store.db, job);
    await jobs.claim(store, { now: 10, leaseMs: 10, limit: 1, owner: 'me' });
    assert.equal(await jobs.withdraw(store.db, 'k:1'), null);
  });
});
