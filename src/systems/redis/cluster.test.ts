import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { freePort } from '../../../test/servers/free-port.ts';
import { missing } from '../../../test/servers/installed.ts';
import { redisServer } from '../../../test/servers/redis.ts';
import { clientOf, serve, tried } from '../../../test/servers/redis-lab.ts';
import { eventually, readingOf } from '../../../test/try-target.ts';
import { parseNodes } from './cluster-nodes.ts';

const id = 'redis.cluster-broken';

async function startNode() {
  const bus = await freePort();
  const server = await serve({
    settings: { 'cluster-enabled': 'yes', 'cluster-port': bus, 'cluster-node-timeout': 1_500 },
  });
  return { server, bus, app: clientOf(server) };
}

suite('a cluster of Redis', { skip: missing(redisServer) }, () => {
  test('three masters: slots without a node, all well, one lost', async () => {
    const nodes = await Promise.all([startNode(), startNode(), startNode()]);
    const [first, second, third] = nodes;
    assert.ok(first && second && third);
    const target = tried({ url: first.server.url });
    for (const [index, { app }] of nodes.entries()) await app.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    await first.app.call('CLUSTER', 'ADDSLOTSRANGE', 0, 5_460);
    await second.app.call('CLUSTER', 'ADDSLOTSRANGE', 5_461, 10_922);
    for (const { server, bus } of [second, third])
      await first.app.call('CLUSTER', 'MEET', '127.0.0.1', server.port, bus);

    const lacking = await eventually(
      () => target.seen('redis.cluster'),
      (seen) => readingOf(seen, 'redis.cluster.slots_unserved') === 5_461,
    );
    assert.equal(readingOf(lacking, 'redis.cluster.ok'), 0);
    const [unassigned] = (await target.diagnose(id)).findings;
    assert.equal(unassigned?.summary, '5461 slots of the cluster belong to no node');

    await third.app.call('CLUSTER', 'ADDSLOTSRANGE', 10_923, 16_383);
    const well = await eventually(
      () => target.seen('redis.cluster'),
      (seen) => readingOf(seen, 'redis.cluster.ok') === 1,
      120_000,
    );
    assert.equal(readingOf(well, 'redis.cluster.slots_unserved'), 0);
    assert.equal(readingOf(well, 'redis.cluster.nodes_failing'), 0);
    assert.deepEqual((await target.diagnose(id)).findings, []);

    await third.server.stop('SIGKILL');
    const down = await eventually(
      () => target.seen('redis.cluster'),
      (seen) =>
        readingOf(seen, 'redis.cluster.ok') === 0 &&
        readingOf(seen, 'redis.cluster.slots_unserved') === 5_461,
      120_000,
    );
    assert.equal(readingOf(down, 'redis.cluster.nodes_failing'), 1);
    const [lost] = (await target.diagnose(id)).findings;
    assert.match(
      lost?.summary ?? '',
      new RegExp(
        `^Node 127\\.0\\.0\\.1:${third.server.port} with 5461 slots has failed: connect ECONNREFUSED`,
      ),
    );
    assert.match(lost?.explanation ?? '', /no replica that could take over/);
    assert.ok((lost?.confidence ?? 0) > 0.9);
  });

  test('a server that is not clustered has neither readings nor findings', async () => {
    const server = await serve();
    const target = tried({ url: server.url });
    assert.deepEqual((await target.seen('redis.cluster')).readings, []);
    assert.deepEqual((await target.diagnose(id)).findings, []);
  });
});

test('nodes are read with their replicas, hosts and slots that move', () => {
  const text = [
    'a1 10.0.0.1:6379@16379,cache-1 myself,master - 0 0 1 connected 0-5460 7000 [93-<-b2]',
    'b2 10.0.0.2:6379@16379 slave a1 0 0 1 connected',
    'c3 10.0.0.3:6379@16379 master,fail? - 1 0 2 disconnected 5461-10922',
    'd4 :0@0 master,noaddr - 0 0 0 disconnected',
  ].join('\n');
  assert.deepEqual(
    parseNodes(text).map(({ place, isMaster, health, of, slots }) => [place, isMaster, health, of, slots]),
    [
      ['10.0.0.1:6379', true, 'ok', undefined, 5_462],
      ['10.0.0.2:6379', false, 'ok', 'a1', 0],
      ['10.0.0.3:6379', true, 'suspect', undefined, 5_462],
    ],
  );
});
