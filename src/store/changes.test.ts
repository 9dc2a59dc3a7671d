import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import type { Change } from '../core/change.ts';
import * as changes from './changes.ts';

function change(id: string, parts: Partial<Change> = {}): Change {
  return {
    ...{ id, kind: 'configuration', target: 'db', service: null, summary: 'work_mem 4MB -> 64kB' },
    ...{ differences: [{ name: 'work_mem', before: '4MB', after: '64kB' }], after: 500, at: 1_000 },
    ...{ source: 'postgres.settings', isReported: false, url: null },
    ...parts,
  } satisfies Change;
}

forEachEngine((engine) => {
  test('changes come newest first, of the targets and services asked for and of nobody knows what', async () => {
    const { db } = await engine.freshStore();
    const all = [
      change('c1'),
      change('c2', { at: 2_000, target: 'web' }),
      change('c3', {
        at: 3_000,
        target: null,
        service: 'shop',
        kind: 'deployment',
        isReported: true,
        url: 'http://ci',
      }),
      change('c4', { at: 4_000, target: null }),
    ];
    for (const one of all) await changes.insert(db, one);
    const span = { from: 0, to: 10_000, limit: 10 };
    assert.deepEqual(await changes.list(db, span), all.toReversed());
    const ids = async (query: Partial<changes.ChangeQuery>) =>
      (await changes.list(db, { ...span, ...query })).map(({ id }) => id);
    assert.deepEqual(await ids({ targets: ['db'] }), ['c4', 'c1']);
    assert.deepEqual(await ids({ targets: ['web'], services: ['shop'] }), ['c4', 'c3', 'c2']);
    assert.deepEqual(await ids({ targets: [], services: [] }), ['c4']);
    assert.deepEqual(await ids({ from: 2_000, to: 3_000 }), ['c3', 'c2']);
    assert.deepEqual(await ids({ limit: 1 }), ['c4']);
    await changes.prune(db, 3_000);
    assert.deepEqual(await ids({}), ['c4', 'c3']);
  });

  test('the newest snapshot of a document is kept', async () => {
    const { db } = await engine.freshStore();
    assert.equal(await changes.snapshot(db, 'db', 'postgres.settings'), null);
    await changes.keepSnapshot(db, 'db', 'postgres.settings', { at: 1, values: { a: '1' } });
    await changes.keepSnapshot(db, 'db', 'postgres.settings', { at: 2, values: { a: '2' } });
    await changes.confirmSnapshot(db, 'db', 'postgres.settings', 3);
    assert.deepEqual(await changes.snapshot(db, 'db', 'postgres.settings'), { at: 3, values: { a: '2' } });
    assert.equal(await changes.snapshot(db, 'db', 'postgres.roles'), null);
  });
});
