/** Each cause as the stand-in shows it, and that its neighbours do not claim it. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { explains, hotThreadsOf, stuckRollover } from '../../../../test/servers/opensearch-shapes.ts';
import {
  type OpensearchStandIn,
  standInNode,
  startOpensearch,
} from '../../../../test/servers/opensearch-stand-in.ts';
import { type TriedTarget, targetName, tryTarget } from '../../../../test/try-target.ts';
import type { Change } from '../../../core/change.ts';
import type { Finding } from '../../../core/evidence.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
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

/** What all of them conclude, by id; the network is not looked at. */
async function found(
  known: Partial<Omit<DiagnosisContext, 'signal' | 'clock'>> = {},
): Promise<Record<string, Finding>> {
  const all: Record<string, Finding> = {};
  for (const { id } of target.bound.diagnoses) {
    if (id === 'opensearch.unreachable') continue;
    for (const finding of (await target.diagnose(id, known)).findings) all[id] ??= finding;
  }
  return all;
}

const names = (all: Record<string, Finding>) => Object.keys(all).map((id) => id.replace('opensearch.', ''));
const lostReplica = { index: 'orders', shard: 0, primary: false, state: 'UNASSIGNED' } as const;

test('a cluster that is well has no findings', async () => {
  await cluster();
  assert.deepEqual(await found(), {});
});

test('a single node with replicas: none can be placed, 0 is proposed and nothing else', async () => {
  const state = await cluster();
  state.nodes.pop();
  state.shards[1] = { ...lostReplica, reason: 'INDEX_CREATED', explain: explains.sameShard };
  const all = await found();
  assert.deepEqual(names(all), ['unplaceable-replicas']);
  assert.deepEqual(all['opensearch.unplaceable-replicas']?.recommendations[0]?.input, {
    indices: ['orders'],
  });
});

test('a node that left with the only copy: bring it back; never a stale primary', async () => {
  const state = await cluster();
  state.nodes.pop();
  state.shards = [
    {
      ...{ index: 'orders', shard: 0, primary: true, state: 'UNASSIGNED', reason: 'NODE_LEFT' },
      ...{ details: 'node_left [OIWe8UhhThCK0V5XfmdrmQ]', explain: explains.nodeLeft },
    },
  ];
  const all = await found();
  assert.deepEqual(names(all), ['node-left']);
  const { summary, explanation, recommendations } = all['opensearch.node-left'] ?? assert.fail();
  assert.match(summary, /a node left \(1 data node remains.*1 primary among them/);
  assert.doesNotMatch(explanation, /built anew/);
  assert.match(explanation, /id OIWe8UhhThCK0V5XfmdrmQ.*only copy.*Never use allocate_stale_primary/);
  assert.deepEqual(recommendations, []);
});

test('a node that may come back is waited for', async () => {
  const state = await cluster();
  state.shards[1] = { ...lostReplica, reason: 'NODE_LEFT', isDelayed: true, explain: explains.delayed };
  assert.match((await found())['opensearch.node-left']?.explanation ?? '', /still waits 60 s/);
});

test('a forgotten setting is blamed with the change that made it', async () => {
  const state = await cluster();
  state.persistent['cluster.routing.allocation.enable'] = 'primaries';
  state.shards[1] = { ...lostReplica, reason: 'INDEX_CREATED', explain: explains.disabled };
  const change: Change = {
    ...{ id: 'c1', kind: 'configuration', target: targetName, service: null, summary: 'x' },
    differences: [{ name: 'persistent cluster.routing.allocation.enable', before: null, after: 'primaries' }],
    ...{ after: 1, at: 2, source: 'opensearch.settings', isReported: false, url: null },
  };
  const all = await found({ changes: [change] });
  assert.deepEqual(names(all), ['allocation-disabled']);
  const finding = all['opensearch.allocation-disabled'];
  assert.equal(finding?.change, 'c1');
  assert.match(finding?.explanation ?? '', /replica allocations are forbidden due to cluster setting/);
  assert.equal(finding?.recommendations[0]?.action, 'opensearch.enable-allocation');
});

test('full disks: who is beyond which watermark; in bytes as well as in percent', async () => {
  const state = await cluster();
  state.nodes = [standInNode('node-1', { disk: { total: 100e9, free: 9e9 } }), standInNode('node-2')];
  state.shards[1] = { ...lostReplica, reason: 'INDEX_CREATED', explain: explains.disk };
  const all = await found();
  assert.deepEqual(names(all), ['disk-watermark']);
  assert.match(
    all['opensearch.disk-watermark']?.summary ?? '',
    /^node-1 uses 91 % of its disk, beyond the high watermark \(90%\): replica orders\[0\]/,
  );
  state.persistent['cluster.routing.allocation.disk.watermark.flood_stage'] = '10gb';
  assert.match((await found())['opensearch.disk-watermark']?.summary ?? '', /beyond the flood watermark/);
});

test('a damaged file is told from retries that are used up: only the second is tried again', async () => {
  const state = await cluster();
  const given = { ...lostReplica, reason: 'ALLOCATION_FAILED' };
  state.shards[1] = { ...given, explain: explains.retries };
  const tired = await found();
  assert.deepEqual(names(tired), ['allocation-retries']);
  assert.equal(tired['opensearch.allocation-retries']?.recommendations[0]?.action, 'opensearch.retry-failed');
  state.shards[1] = { ...given, primary: true, explain: explains.corrupt };
  const damaged = await found();
  assert.deepEqual(names(damaged), ['corrupt-shard']);
  assert.deepEqual(damaged['opensearch.corrupt-shard']?.recommendations, []);
  assert.match(damaged['opensearch.corrupt-shard']?.explanation ?? '', /restore this index/);
});

test('read-only blocks: taken away only when no disk is beyond the flood stage', async () => {
  const state = await cluster();
  state.blocked.add('orders');
  const clear = (await found())['opensearch.read-only-blocks'];
  assert.match(clear?.summary ?? '', /disks have room again/);
  assert.deepEqual(clear?.recommendations[0]?.input, { indices: ['orders'] });
  state.nodes[0] = standInNode('node-1', { disk: { total: 100e9, free: 3e9 } });
  const full = (await found())['opensearch.read-only-blocks'];
  assert.match(full?.summary ?? '', /node-1 is 97 % full, beyond the flood stage 95%/);
  assert.deepEqual(full?.recommendations, []);
  state.denied = { '_nodes/stats': 'cluster:monitor/nodes/stats' };
  const unseen = (await found())['opensearch.read-only-blocks'];
  assert.deepEqual(unseen?.recommendations, []);
  assert.match(unseen?.unseen.join() ?? '', /cluster:monitor\/nodes\/stats/);
});

test('the limit of shards names the series that has most', async () => {
  const state = await cluster();
  state.defaults = { 'cluster.max_shards_per_node': '2' };
  state.shards = ['logs-2026.11.21', 'logs-2026.11.22', 'orders', 'logs-2026.11.20'].map((index) => {
    return { index, shard: 0, primary: true, state: 'STARTED', node: 'node-1' };
  });
  assert.match(
    (await found())['opensearch.shard-limit']?.summary ?? '',
    /^4 of 4 shards are used up \(100 %\); logs-\* alone has 3 in 3 indices/,
  );
});

test('memory: the field in fielddata, or the search that runs longest, or neither', async () => {
  const state = await cluster();
  const history: DiagnosisContext['history'] = async () => [
    { labels: { node: 'node-1', breaker: 'fielddata' }, at: [1, 2, 3], values: [900, 903, 910] },
  ];
  state.fielddata = [
    { node: 'node-1', field: 'title', size: '190000000' },
    { node: 'node-2', field: 'title', size: '10000000' },
  ];
  state.nodes[0] = standInNode('node-1', { fielddata: 190_000_000 });
  state.holders = { orders: 1_000, articles: 199_999_000 };
  assert.match(
    (await found({ history }))['opensearch.memory']?.summary ?? '',
    /fielddata of the field title \(most of it in articles\) takes 200 MB: the fielddata breaker of node-1 ended 10 requests/,
  );
  state.fielddata = [];
  state.tasks = [
    {
      ...{ node: 'node-1', action: 'indices:data/read/search', running_time_in_nanos: 42e9 },
      description: 'indices[orders], search_type[QUERY_THEN_FETCH], source[{"size":0,"aggs":{}}]',
    },
  ];
  state.nodes[0] = standInNode('node-1', { heapAfterGc: 0.92 });
  const search = (await found())['opensearch.memory'];
  assert.match(search?.summary ?? '', /a search has run for 42 s: node-1 keeps 92 % of its heap/);
  assert.match(search?.explanation ?? '', /indices\[orders\]/);
  state.tasks = [];
  assert.equal((await found())['opensearch.memory']?.nature, 'capacity');
});

test('a node without CPU or with long queues: what its threads do', async () => {
  const state = await cluster();
  state.hotThreads = hotThreadsOf('node-2', [
    [99.1, '[[orders][0]: Lucene Merge Thread #12]'],
    [90, '[write][T#5]'],
    [42.6, '[write][T#1]'],
  ]);
  assert.deepEqual(await found(), {}, 'busy threads alone are no trouble');
  state.nodes[1] = standInNode('node-2', { cpu: 98, queues: { write: 310 } });
  const writes = (await found())['opensearch.overload'];
  assert.equal(writes?.summary, 'node-2 is busy indexing: CPU 98 %, queues: 0 searches, 310 writes');
  assert.match(writes?.explanation ?? '', /2 are indexing and take 133 % of a processor/);
  state.hotThreads = hotThreadsOf('node-2', [[80, '[search][T#3]']]);
  assert.match((await found())['opensearch.overload']?.summary ?? '', /busy searching/);
  state.denied = { '_nodes/hot_threads': 'cluster:monitor/nodes/hot_threads' };
  const unseen = (await found())['opensearch.overload'];
  assert.match(unseen?.unseen.join() ?? '', /cluster:monitor\/nodes\/hot_threads/);
});

test('a stuck policy: the cause in its own words, whatever action.failed says', async () => {
  const state = await cluster();
  state.ism = { 'logs-1': stuckRollover('logs-1'), 'logs-2': stuckRollover('logs-2') };
  const finding = (await found())['opensearch.lifecycle-stuck'];
  assert.match(finding?.summary ?? '', /policy logs of logs-1 and 1 more stands at rollover/);
  assert.match(finding?.explanation ?? '', /action.failed says that nothing failed.*limit of shards/);
  assert.deepEqual(finding?.recommendations[0]?.input, { index: 'logs-1' });
});

test('snapshots: partial with its reasons, or no longer taken; none is proposed while red', async () => {
  const state = await cluster();
  const day = 86_400_000;
  const failures = [{ index: 'orders', shard_id: 0, reason: 'IOException[No space left on device]' }];
  state.repositories.backups = [
    { snapshot: 'a', state: 'SUCCESS', startedAt: Date.now() - 3 * day },
    { snapshot: 'b', state: 'PARTIAL', startedAt: Date.now() - day, failures },
  ];
  const partial = (await found())['opensearch.snapshot-failing'];
  assert.match(partial?.summary ?? '', /newest snapshot of backups is PARTIAL: orders\[0\]: IOException/);
  assert.match(partial?.explanation ?? '', /repository is full/);
  assert.deepEqual(partial?.recommendations[0]?.input, { repository: 'backups' });
  state.repositories.backups.pop();
  assert.match(
    (await found())['opensearch.snapshot-failing']?.summary ?? '',
    /no snapshot is taken to backups any more; the last whole one is 3 d old/,
  );
  state.shards = [{ index: 'orders', shard: 0, primary: true, state: 'UNASSIGNED' }];
  assert.deepEqual((await found())['opensearch.snapshot-failing']?.recommendations, []);
});
