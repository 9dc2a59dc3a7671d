/** Approval: the scope, the plan as it was read, and eyes that are really four. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import type { ActionView } from '../../core/view.ts';
import * as actionRows from '../../store/actions.ts';

let served: ServedApp;
before(async () => {
  served = await serveApp({
    change: (configuration) => ({ ...configuration, guard: { ...configuration.guard, fourEyes: true } }),
  });
});
after(() => served.stop());

let made = 0;
/** An action that waits for approval. */
async function waiting(proposedBy: string): Promise<ActionView> {
  const { ctx } = served.app;
  const action: ActionView = {
    ...{ id: `0000000${++made}-0000-7000-8000-000000000000`, incidentId: null, digest: 'the digest' },
    plan: {
      ...{ action: 'test.nothing', target: 'it', input: {}, risk: 'safe', summary: 'nothing', steps: [] },
      ...{ before: {}, expect: 'nothing', undo: { possible: false, how: 'nothing' } },
      ...{ verifyWithinMs: 1_000, holdMs: 0 },
    },
    ...{ state: 'awaiting-approval', why: 'test', proposedBy, proposedAt: ctx.clock.now() },
    judgement: { kind: 'ask', reason: 'test' },
    ...{ approvedBy: null, approvedAt: null, expiresAt: ctx.clock.now() + 3_600_000, appliedAt: null },
    ...{ endedAt: null, result: null, after: null, report: null },
  };
  await actionRows.insert(ctx.store.db, action);
  return action;
}

const approve = (token: string, { id }: ActionView, digest = 'the digest') =>
  served.ask('POST', `/api/v1/actions/${id}/approve`, { token, body: { digest } });
const stateOf = async ({ id }: ActionView) => (await served.call<ActionView>('action.show', { id })).state;
/** A token that somebody made, with its name in the journal. */
async function tokenOf(person: string, name: string) {
  const scopes = ['read', 'operate', 'approve', 'admin'] as const;
  const actor = { name: person, scopes };
  const { token } = await served.call<{ token: string }>('token.create', { name, scopes }, actor);
  return { token, actor: `token:${name}` };
}

test('without the scope approve nobody approves or denies, whatever else they may', async () => {
  const action = await waiting('upkeep');
  const token = await served.token('read', 'operate', 'admin');
  assert.equal((await approve(token, action)).status, 403);
  const denied = await served.ask('POST', `/api/v1/actions/${action.id}/deny`, { token, body: {} });
  assert.equal(denied.status, 403);
  assert.equal(await stateOf(action), 'awaiting-approval');
});

test('another plan than the one that was read is not approved', async () => {
  const action = await waiting('upkeep');
  const token = await served.token('approve');
  assert.equal((await approve(token, action, 'another digest')).status, 409);
  assert.equal(await stateOf(action), 'awaiting-approval');
});

test('four eyes: nobody approves what they proposed, nor by a token that they made, nor what their token proposed', async () => {
  const ann = await tokenOf('ann', 'ann-one');
  const other = await tokenOf('ann', 'ann-two');
  const deeper = await tokenOf(other.actor, 'ann-two-made-this');
  const bob = await tokenOf('bob', 'bob-one');
  for (const [proposer, approver] of [
    [ann.actor, ann],
    ['ann', ann],
    [ann.actor, other],
    ['ann', deeper],
    [deeper.actor, ann],
  ] as const) {
    const action = await waiting(proposer);
    const answer = await approve(approver.token, action);
    assert.equal(answer.status, 403, `${proposer}, ${approver.actor}: ${answer.text}`);
    assert.match(answer.text, /four eyes/);
    assert.equal(await stateOf(action), 'awaiting-approval');
  }
  for (const proposer of ['ann', ann.actor, deeper.actor, 'upkeep'])
    assert.equal((await approve(bob.token, await waiting(proposer))).status, 200, proposer);
});
