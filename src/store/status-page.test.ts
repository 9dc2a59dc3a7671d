import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import { newId } from '../id.ts';
import type { Incident } from './incidents.ts';
import * as incidents from './incidents.ts';
import * as statusPage from './status-page.ts';

const asking = (address: string, changes: Partial<statusPage.Asking> = {}): statusPage.Asking => ({
  ...{ id: newId(1_000), address, confirmHash: `hash of ${address}`, confirmUntil: 500, at: 100 },
  ...changes,
});

const incident = (changes: Partial<Incident>): Incident => ({
  ...{ id: newId(1_000), title: 'secret title', level: 'high', status: 'open', lead: 'db' },
  ...{ services: ['api'], targets: ['db'], openedAt: 10, acknowledgedAt: null, acknowledgedBy: null },
  ...{ mitigatedAt: null, wellSince: null, resolvedAt: null, diagnosedAt: null, version: 1 },
  ...{ findings: [], evidence: [] },
  ...changes,
});

forEachEngine((engine) => {
  test('an address is asked, asked again under the same id, confirmed once and forgotten on request', async () => {
    const { db } = await engine.freshStore();
    const first = asking('anna@example.org');
    await statusPage.ask(db, first);
    await statusPage.ask(
      db,
      asking('anna@example.org', { confirmHash: 'second', at: 200, confirmUntil: 600 }),
    );
    const [anna, ...others] = await statusPage.subscribers(db);
    assert.deepEqual(others, []);
    assert.deepEqual(
      [anna?.id, anna?.asked, anna?.askedAt, anna?.createdAt, anna?.confirmedAt],
      [first.id, 2, 200, 100, null],
    );
    assert.equal(
      await statusPage.byConfirmation(db, first.confirmHash, 300),
      undefined,
      'the newest link counts',
    );
    assert.equal(await statusPage.byConfirmation(db, 'second', 600), undefined, 'it has run out');
    assert.equal((await statusPage.byConfirmation(db, 'second', 599))?.id, first.id);
    await statusPage.confirm(db, first.id, 300);
    assert.equal(await statusPage.byConfirmation(db, 'second', 300), undefined, 'once');
    assert.equal((await statusPage.byAddress(db, 'anna@example.org'))?.confirmedAt, 300);
    assert.equal(await statusPage.remove(db, first.id), true);
    assert.equal(await statusPage.remove(db, first.id), false);
  });

  test('who never confirmed is forgotten, who did stays; mails of an hour are counted', async () => {
    const { db } = await engine.freshStore();
    const [stays, goes] = [asking('a@example.org'), asking('b@example.org', { at: 50 })];
    await statusPage.ask(db, stays);
    await statusPage.ask(db, goes);
    assert.equal(await statusPage.askedSince(db, 60), 1);
    assert.equal(await statusPage.askedSince(db, 0), 2);
    await statusPage.confirm(db, stays.id, 120);
    await statusPage.prune(db, 501, 0);
    assert.deepEqual(
      (await statusPage.subscribers(db)).map(({ address }) => address),
      ['a@example.org'],
    );
  });

  test('a thing is told once, until that was long ago', async () => {
    const { db } = await engine.freshStore();
    assert.equal(await statusPage.told(db, 'incident:1', 100), true);
    assert.equal(await statusPage.told(db, 'incident:1', 200), false);
    await statusPage.prune(db, 0, 100);
    assert.equal(await statusPage.told(db, 'incident:1', 300), false);
    await statusPage.prune(db, 0, 101);
    assert.equal(await statusPage.told(db, 'incident:1', 300), true);
  });

  test('of incidents the page reads what it may know: open or ended lately, without those merged into others', async () => {
    const { db } = await engine.freshStore();
    const open = incident({ id: newId(3_000) });
    const ended = incident({ id: newId(2_000), status: 'resolved', resolvedAt: 900 });
    const old = incident({ status: 'resolved', resolvedAt: 400 });
    const merged = incident({ status: 'resolved', resolvedAt: 900, conduct: { mergedInto: open.id } });
    for (const one of [open, ended, old, merged]) await incidents.insert(db, one);
    const found = await statusPage.incidentsSince(db, 500);
    assert.deepEqual(
      found.map(({ id }) => id),
      [open.id, ended.id],
    );
    assert.doesNotMatch(JSON.stringify(found), /secret title/);
    assert.deepEqual([found[0]?.targets, found[0]?.services], [['db'], ['api']]);
  });
});
