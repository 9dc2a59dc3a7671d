/** Each action over the wire: planned, guarded, done once, verified, taken back; and when it refuses. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { explains, stuckRollover } from '../../../../test/servers/opensearch-shapes.ts';
import {
  type OpensearchStandIn,
  standInNode,
  startOpensearch,
} from '../../../../test/servers/opensearch-stand-in.ts';
import { applied, assertGuarded, planned, refusal, undone, verified } from '../../../../test/try-action.ts';
import { type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import { classifySearch } from '../../../core/guard/commands/opensearch.ts';
import { opensearch } from '../index.ts';

let server: OpensearchStandIn;
let target: TriedTarget;
afterEach(async () => {
  await target.bound.close();
  await server.stop();
});

async function cluster(settings: Record<string, unknown> = {}): Promise<OpensearchStandIn['state']> {
  server = await startOpensearch();
  target = tryTarget(opensearch, { url: server.url, ...settings });
  return server.state;
}

const lostReplica = { index: 'orders', shard: 0, primary: false, state: 'UNASSIGNED' } as const;

/** Nothing that an action sends may be of a class that no approval allows. */
function assertAllowed(): void {
  for (const change of server.changes) {
    const [, method = '', path = '', body = ''] = /^(\w+) (\S+) ?(.*)$/.exec(change) ?? [];
    const { class: risk } = classifySearch({ method, path, body });
    assert.ok(risk === 'risky' || risk === 'safe', `${change} is ${risk}`);
  }
}

test('what was given up is tried again once, and damaged files are not', async () => {
  const state = await cluster();
  const id = 'opensearch.retry-failed';
  assert.match(await refusal(target, id, {}), /no shard is given up/);
  state.shards[1] = { ...lostReplica, reason: 'ALLOCATION_FAILED', explain: explains.corrupt };
  assert.match(await refusal(target, id, {}), /orders\[0\] is damaged/);
  state.shards[1] = { ...lostReplica, reason: 'ALLOCATION_FAILED', explain: explains.retries };
  state.retriesSucceed = false;
  const plan = await planned(target, id, {});
  await assertGuarded(target, plan);
  assert.equal(server.changes.length, 0, 'a forged permit changes nothing');
  await applied(target, plan);
  assert.equal((await verified(target, plan)).good, false, 'the symptom decides, not the answer');
  state.retriesSucceed = true;
  assert.match(await applied(target, plan), /tries again to allocate orders\[0\]r/);
  assert.equal((await verified(target, plan)).good, true);
  assert.match(await applied(target, plan), /nothing was done/);
  assert.equal(server.changes.length, 2);
  assertAllowed();
});

test('no replica on a single node; refused with two, or with two declared; taken back', async () => {
  const id = 'opensearch.zero-replicas';
  const input = { indices: ['orders'] };
  const state = await cluster();
  assert.match(await refusal(target, id, input), /has 2 data nodes/);
  assert.equal(target.action(id).input.safeParse({ indices: ['logs-*'] }).success, false);
  assert.equal(target.action(id).input.safeParse({ indices: ['_all'] }).success, false);
  state.nodes.pop();
  state.shards[1] = { ...lostReplica, reason: 'INDEX_CREATED' };
  const careful = tryTarget(opensearch, { url: server.url, dataNodes: 2 });
  assert.match(await refusal(careful, id, input), /2 data nodes are declared/);
  const plan = await planned(target, id, input);
  assert.deepEqual(plan.steps, ['PUT /orders/_settings {"index.number_of_replicas":0}']);
  await assertGuarded(target, plan);
  assert.equal((await verified(target, plan)).good, false);
  await applied(target, plan);
  assert.equal((await verified(target, plan)).good, true);
  assert.match(await applied(target, plan), /already/);
  assert.match(await undone(target, plan), /orders 1/);
  assert.equal(state.replicas.orders, '1');
  state.replicas.orders = '2';
  await assert.rejects(applied(target, plan), /2 replicas now, 1 when it was planned/);
  assertAllowed();
});

test('a read-only block goes only while every disk is below the flood stage, also when that changes', async () => {
  const state = await cluster();
  const id = 'opensearch.clear-read-only';
  const input = { indices: ['orders'] };
  assert.match(await refusal(target, id, input), /none of these indices has the block/);
  state.blocked.add('orders');
  state.nodes[1] = standInNode('node-2', { disk: { total: 100e9, free: 2e9 } });
  assert.match(await refusal(target, id, input), /disk of node-2 is beyond the flood stage \(95%\)/);
  state.nodes[1] = standInNode('node-2');
  const plan = await planned(target, id, input);
  await assertGuarded(target, plan);
  state.nodes[1] = standInNode('node-2', { disk: { total: 100e9, free: 2e9 } });
  await assert.rejects(applied(target, plan), /nothing was done/);
  assert.ok(state.blocked.has('orders'));
  state.nodes[1] = standInNode('node-2');
  assert.match(await applied(target, plan), /orders takes writes again/);
  assert.deepEqual(server.changes, ['PUT /orders/_settings {"index.blocks.read_only_allow_delete":null}']);
  assert.equal((await verified(target, plan)).good, true);
  assert.match(await undone(target, plan), /read-only again: orders/);
  assert.equal((await verified(target, plan)).good, false);
  assertAllowed();
});

test('a snapshot is taken once, and good only when it is whole', async () => {
  const state = await cluster();
  const id = 'opensearch.take-snapshot';
  assert.match(await refusal(target, id, { repository: 'none' }), /no repository none; there is backups/);
  const plan = await planned(target, id, { repository: 'backups' });
  assert.match(String(plan.before.snapshot), /^upkeep-\d{8}-\d{6}$/);
  await assertGuarded(target, plan);
  assert.equal((await verified(target, plan)).detail.endsWith('is not there'), true);
  await applied(target, plan);
  assert.match(await refusal(target, id, { repository: 'backups' }), /is under way already/);
  assert.match(await applied(target, plan), /begun already/);
  assert.equal(server.changes.length, 1);
  assert.equal((await verified(target, plan)).good, true);
  state.snapshotEnds = 'PARTIAL';
  const second = { ...plan, before: { ...plan.before, snapshot: 'upkeep-2' } };
  const altered = { ...second, steps: [plan.steps[0]?.replace(/upkeep-[\d-]+/, 'upkeep-2') ?? ''] };
  await applied(target, altered);
  assert.equal((await verified(target, altered)).good, false);
  state.shards = [{ index: 'orders', shard: 0, primary: true, state: 'UNASSIGNED' }];
  assert.match(await refusal(target, id, { repository: 'backups' }), /red/);
  assertAllowed();
});

test('a policy is tried again; one that goes on is left alone, and a refusal is told', async () => {
  const state = await cluster();
  const id = 'opensearch.retry-lifecycle';
  assert.match(await refusal(target, id, { index: 'logs-1' }), /goes on, or it has none/);
  state.ism['logs-1'] = stuckRollover('logs-1');
  const plan = await planned(target, id, { index: 'logs-1' });
  assert.deepEqual(plan.steps, ['POST /_plugins/_ism/retry/logs-1']);
  await assertGuarded(target, plan);
  state.ismRefuses = 'This index is not in failed state.';
  await assert.rejects(applied(target, plan), /not in failed state/);
  assert.equal((await verified(target, plan)).good, false);
  state.ismRefuses = undefined;
  assert.match(await applied(target, plan), /is tried again/);
  assert.equal((await verified(target, plan)).good, true);
  assert.match(await applied(target, plan), /goes on already/);
  assertAllowed();
});

test('the setting that forbids allocation is taken away where it was set, and set again by undo', async () => {
  const state = await cluster();
  const id = 'opensearch.enable-allocation';
  const name = 'cluster.routing.allocation.enable';
  assert.match(await refusal(target, id, {}), /may be allocated already/);
  state.defaults = { ...state.defaults, [name]: 'none' };
  assert.match(await refusal(target, id, {}), /opensearch.yml/);
  state.transient[name] = 'primaries';
  state.defaults = { ...state.defaults, [name]: 'all' };
  const plan = await planned(target, id, {});
  assert.deepEqual(plan.steps, [`PUT /_cluster/settings {"transient":{"${name}":null}}`]);
  await assertGuarded(target, plan);
  state.transient[name] = 'none';
  await assert.rejects(applied(target, plan), /has changed since it was planned/);
  state.transient[name] = 'primaries';
  assert.match(await applied(target, plan), /again/);
  assert.equal((await verified(target, plan)).good, true);
  assert.match(await applied(target, plan), /already/);
  await undone(target, plan);
  assert.equal(state.transient[name], 'primaries');
  assertAllowed();
});
