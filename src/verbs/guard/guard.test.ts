/** The guard over HTTP: what it would say, of what it is made, and another policy over the past. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clearFacts } from '../../../test/guard-facts.ts';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { printResult } from '../../cli/print/result.ts';
import type { Replay } from '../../core/guard/replay.ts';
import type { ActionView } from '../../core/view.ts';
import * as actionRows from '../../store/actions.ts';
import type { GuardPolicyView } from './policy.ts';

let served: ServedApp;
let token: string;
before(async () => {
  served = await serveApp();
  token = await served.token('read');
});
after(() => served.stop());

const get = (path: string, input: Record<string, string>) =>
  served.ask('GET', `/api/v1${path}?${new URLSearchParams(input)}`, { token });

test('a statement is classified in its language, with its reason', async () => {
  const { json } = await get('/guard/classify', { statement: 'DELETE FROM orders' });
  const found = json<{ class: string; reason: { id: string }; means: string }>();
  assert.equal(found.class, 'destructive');
  assert.equal(found.reason.id, 'sql.delete-without-where');
  const classOf = async (statement: string, language: string) =>
    (await get('/guard/classify', { statement, language })).json<{ class: string }>().class;
  assert.equal(await classOf('CONFIG SET "dir" /tmp', 'redis'), 'forbidden');
  assert.equal(await classOf('GET a; FLUSHALL', 'redis'), 'forbidden');
  assert.equal(await classOf('DELETE /logs-*', 'opensearch'), 'forbidden');
  assert.equal(await classOf('df -h', 'shell'), 'read');
  assert.equal((await get('/guard/classify', { statement: 'x', language: 'opensearch' })).status, 400);
});

let made = 0;
async function past(changes: Partial<ActionView> = {}) {
  const now = served.app.ctx.clock.now();
  const action: ActionView = {
    ...{ id: `0000000${++made}-0000-7000-8000-000000000000`, incidentId: null, digest: 'd' },
    plan: {
      ...{ action: 'process.restart', target: 'it', input: {}, risk: 'risky', summary: 'restart', steps: [] },
      ...{
        before: {},
        expect: 'it runs',
        undo: { possible: false, how: 'nothing' },
        verifyWithinMs: 1,
        holdMs: 0,
      },
    },
    ...{ state: 'done', why: 'test', proposedBy: 'upkeep', proposedAt: now - 3_600_000 },
    judgement: { kind: 'allow', reason: 'policy always', facts: { ...clearFacts, now: now - 3_600_000 } },
    ...{ approvedBy: null, approvedAt: null, expiresAt: null, appliedAt: null, endedAt: null },
    ...{ result: null, after: null, report: null, ...changes },
  };
  await actionRows.insert(served.app.ctx.store.db, action);
  return action;
}

test('another policy over the past says what would have been decided otherwise', async () => {
  const kept = await past();
  const old = await past({ judgement: { kind: 'ask', reason: 'then' }, state: 'expired' });
  await past({ proposedAt: served.app.ctx.clock.now() - 40 * 86_400_000 });
  const simulate = async (policy: string) =>
    (await get('/guard/simulate', { policy, since: '30d' })).json<Replay>();
  const stricter = await simulate('guard: { ask: [process.restart on it] }');
  assert.equal(stricter.judged, 2);
  assert.deepEqual(stricter.changes, { 'allow->ask': 1 });
  assert.deepEqual(
    stricter.differing.map(({ id, isReconstructed }) => [id, isReconstructed]),
    [[kept.id, false]],
  );
  assert.equal(stricter.slower, 1);
  const looser = await simulate('always: [process.restart]');
  assert.deepEqual(looser.changes, { 'ask->allow': 1 });
  assert.equal(looser.differing[0]?.id, old.id);
  assert.equal(looser.differing[0]?.isReconstructed, true);
  assert.deepEqual((await simulate('{}')).changes, { 'allow->deny': 1, 'ask->deny': 1 });
});

test('a policy with a mistake is refused with its place', async () => {
  const { status, text } = await get('/guard/simulate', { policy: 'never:\n  - process.restrat' });
  assert.equal(status, 400);
  assert.match(
    text,
    /2:5 never\[0\]: there is no action process\.restrat \(did you mean process\.restart\?\)/,
  );
});

test('the policy in force says what may be done to a target now', async () => {
  const app = await serveApp({
    yaml: `name: policy
targets:
  api: { system: process, pidFile: /nonexistent/api.pid, start: [/bin/true], every: 60s }
  web: { system: http, url: "http://127.0.0.1:9/", every: 60s }
guard: { always: [process.start on api], ask: [process.stop on api], never: [process.signal on api] }
`,
  });
  after(() => app.stop());
  const view = await app.call<GuardPolicyView>('guard.policy', { target: 'api' });
  const kinds = Object.fromEntries(view.outlook.map(({ action, judgement }) => [action, judgement.kind]));
  assert.equal(kinds['process.start'], 'allow');
  assert.equal(kinds['process.stop'], 'ask');
  assert.equal(kinds['process.signal'], 'deny');
  assert.equal(kinds['process.restart'], 'deny');
  assert.deepEqual(view.outlook.find(({ action }) => action === 'process.signal')?.needs, ['signal']);
  assert.deepEqual(
    view.targets.map(({ name }) => name),
    ['api'],
  );
  assert.deepEqual([view.always, view.never], [['process.start on api'], ['process.signal on api']]);
  assert.deepEqual((await app.call<GuardPolicyView>('guard.policy')).outlook, []);
  await assert.rejects(
    app.call('guard.policy', { target: 'apo' }),
    /no target is called apo; did you mean api\?/,
  );
  const terminal = { out() {}, err() {}, hasColour: false, width: 120 };
  assert.match(printResult(terminal, 'guard.policy', view, 0), /by itself +process\.start/);
});
