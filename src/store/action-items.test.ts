import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import type { ActionItem } from '../core/incident/action-item.ts';
import { newId } from '../id.ts';
import * as actionItems from './action-items.ts';
import * as postmortems from './postmortems.ts';
import * as updates from './updates.ts';

const item = (changes: Partial<ActionItem>): ActionItem => ({
  ...{
    id: newId(1_000),
    incidentId: 'i',
    task: 'a task',
    owner: null,
    dueAt: null,
    createdBy: 'anna',
    createdAt: 5,
  },
  ...{ endedAt: null, endedBy: null, outcome: null },
  ...changes,
});

forEachEngine((engine) => {
  test('action items come by the day they are due, open or of an owner', async () => {
    const { db } = await engine.freshStore();
    const [late, none, soon] = [
      item({ dueAt: 300 }),
      item({ owner: 'ben' }),
      item({ dueAt: 100, owner: 'ben' }),
    ];
    for (const one of [late, none, soon]) await actionItems.insert(db, one);
    assert.deepEqual(await actionItems.list(db, {}), [soon, late, none]);
    const done = { ...soon, endedAt: 400, endedBy: 'ben', outcome: 'done' as const };
    await actionItems.update(db, done);
    assert.deepEqual(await actionItems.list(db, { isOpen: false }), [done]);
    assert.deepEqual(await actionItems.list(db, { isOpen: true, owner: 'ben' }), [none]);
    assert.deepEqual(await actionItems.list(db, { incidentId: 'other' }), []);
    assert.deepEqual(await actionItems.find(db, late.id), late);
    await assert.rejects(actionItems.find(db, 'ffff'), { code: 'not-found' });
  });

  test('what people wrote in a post-mortem is replaced whole', async () => {
    const { db } = await engine.freshStore();
    assert.equal(await postmortems.read(db, 'i'), undefined);
    await postmortems.write(db, 'i', { sections: { fix: 'a' }, editedAt: 1, editedBy: 'anna' });
    await postmortems.write(db, 'i', { sections: { cause: "b'\n" }, editedAt: 2, editedBy: 'ben' });
    assert.deepEqual(await postmortems.read(db, 'i'), {
      sections: { cause: "b'\n" },
      editedAt: 2,
      editedBy: 'ben',
    });
  });

  test('updates of an incident, and the public ones of all', async () => {
    const { db } = await engine.freshStore();
    const update = (id: string, at: number, isPublic: boolean, incidentId = 'i') =>
      ({ id, incidentId, at, by: 'anna', status: 'identified', text: 't', isPublic }) as const;
    const all = [update('a', 10, true), update('b', 5, false), update('c', 20, true, 'j')];
    for (const one of all) await updates.insert(db, one);
    assert.deepEqual(
      (await updates.ofIncident(db, 'i')).map(({ id }) => id),
      ['b', 'a'],
    );
    assert.deepEqual(await updates.publicSince(db, 10), [all[0], all[2]]);
  });
});
