import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import type { ActionView } from '../core/view.ts';
import { newId } from '../id.ts';
import * as actions from './actions.ts';

function action(at: number, changes: Partial<ActionView> = {}): ActionView {
  return {
    id: newId(at),
    incidentId: null,
    plan: {
      ...{ action: 'postgres.terminate-backend', target: 'db', input: { pid: 812 }, risk: 'risky' },
      ...{
        summary: 'end pid 812',
        steps: ['select pg_terminate_backend(812)'],
        before: { pid: 812, idle: true },
      },
      ...{ expect: 'nobody waits', undo: { possible: false, how: 'the client reconnects' } },
      ...{ verifyWithinMs: 5_000, holdMs: 1_000 },
    },
    ...{ digest: 'd', state: 'proposed', judgement: { kind: 'ask', reason: 'policy ask' }, why: 'it blocks' },
    ...{ proposedBy: 'upkeep', proposedAt: at, approvedBy: null, approvedAt: null, expiresAt: at + 1_000 },
    ...{ appliedAt: null, endedAt: null, result: null, after: null, report: null, version: 1 },
    ...changes,
  } satisfies ActionView;
}

forEachEngine((engine) => {
  test('an action is read back as it was written', async () => {
    const { db } = await engine.freshStore();
    const one = action(1_000, { after: { waiting: 0, ok: true, note: null } });
    await actions.insert(db, one);
    assert.deepEqual(await actions.byId(db, one.id), one);
    assert.deepEqual(await actions.find(db, one.id.slice(0, 20)), one);
    assert.equal(await actions.byId(db, 'none'), undefined);
    await assert.rejects(actions.find(db, 'ffffffff'), { code: 'not-found' });
  });

  test('of many that move an action on at once exactly one does', async () => {
    const { db } = await engine.freshStore();
    const one = action(1_000, { state: 'permitted' });
    await actions.insert(db, one);
    const tries = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        actions.transition(db, one.id, ['permitted', 'awaiting-approval'], 'applying', {
          appliedAt: 2_000 + n,
        }),
      ),
    );
    assert.equal(tries.filter(Boolean).length, 1);
    const applied = await actions.byId(db, one.id);
    assert.equal(applied?.appliedAt, 2_000 + tries.indexOf(true));
    assert.equal(await actions.transition(db, one.id, ['permitted'], 'applying'), false);
    assert.equal(await actions.transition(db, 'none', ['applying'], 'done'), false);
    const changes = { result: 'ended', after: { waiting: 0 }, endedAt: 3_000, report: '# Done' };
    assert.equal(await actions.transition(db, one.id, ['applying'], 'done', changes), true);
    assert.deepEqual(await actions.byId(db, one.id), { ...applied, ...changes, state: 'done', version: 3 });
    const again = { result: 'too late' };
    for (const seen of [{ version: 2 }, { digest: 'of another plan' }])
      assert.equal(await actions.transition(db, one.id, ['done'], 'done', again, seen), false);
  });

  test('lists are newest first, by state and by incident', async () => {
    const { db } = await engine.freshStore();
    await actions.insert(db, action(1_000));
    await actions.insert(db, action(2_000, { state: 'awaiting-approval' }));
    await actions.insert(db, action(3_000, { state: 'done' }));
    const times = async (filter: actions.ActionFilter) =>
      (await actions.list(db, filter)).map((one) => one.proposedAt);
    assert.deepEqual(await times({ limit: 2 }), [3_000, 2_000]);
    assert.deepEqual(await times({ limit: 9, states: ['proposed', 'done'] }), [3_000, 1_000]);
    assert.deepEqual(await times({ limit: 9, states: [] }), []);
    assert.deepEqual(await times({ limit: 9, incidentId: 'i1' }), []);
    const { plan } = action(0);
    await actions.insert(db, action(500, { plan: { ...plan, action: 'postgres.promote' } }));
    assert.deepEqual(await times({ limit: 1, deed: 'promote' }), [500]);
  });

  test('the guard’s budgets count what Upkeep applied by itself, whatever came of it', async () => {
    const { db } = await engine.freshStore();
    const { plan } = action(0);
    await actions.insert(db, action(1_000));
    await actions.insert(db, action(1_000, { state: 'done', appliedAt: 1_500 }));
    await actions.insert(db, action(1_000, { state: 'failed', appliedAt: 2_500 }));
    await actions.insert(
      db,
      action(1_000, { state: 'done', appliedAt: 2_600, plan: { ...plan, target: 'other' } }),
    );
    assert.equal(await actions.appliedOnTarget(db, 'db', 1_500), 2);
    assert.equal(await actions.appliedOnTarget(db, 'db', 1_501), 1);
    assert.equal(await actions.appliedSince(db, 1_501), 2);
    await actions.insert(db, action(1_000, { state: 'done', appliedAt: 2_700, approvedBy: 'ann' }));
    await actions.insert(db, action(1_000, { state: 'done', appliedAt: 2_700, proposedBy: 'ann' }));
    assert.equal(await actions.appliedOnTarget(db, 'db', 1_500), 2);
    assert.equal(await actions.appliedSince(db, 1_501), 2);
  });

  test('failures count until the same action on the same target has done its good', async () => {
    const { db } = await engine.freshStore();
    const failed = (at: number, state: ActionView['state']) =>
      actions.insert(db, action(at, { state, appliedAt: at, endedAt: at + 10 }));
    const inARow = () => actions.failedInARow(db, 'postgres.terminate-backend', 'db');
    assert.equal(await inARow(), 0);
    await failed(1_000, 'failed');
    await failed(2_000, 'undone');
    assert.equal(await inARow(), 2);
    assert.equal(await actions.failedInARow(db, 'postgres.terminate-backend', 'other'), 0);
    await failed(3_000, 'done');
    assert.equal(await inARow(), 0);
    await failed(4_000, 'failed');
    await actions.insert(db, action(5_000, { state: 'denied', endedAt: 5_010 }));
    assert.equal(await inARow(), 1);
  });
});
