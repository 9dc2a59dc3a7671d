import assert from 'node:assert/strict';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { gcMomentOf, histogram, momentOf } from '../../../../test/servers/tidb-shapes.ts';
import { insertSql, startTidb, type TidbStandIn } from '../../../../test/servers/tidb-stand-in.ts';
import { readingOf, type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import { tidb } from '../index.ts';

suite('probes of TiDB', () => {
  let cluster: TidbStandIn;
  let target: TriedTarget;

  const addresses = () => ({ status: [cluster.status], pd: [cluster.pd], tikv: [cluster.tikv] });
  const insert = (table: string, row: Record<string, string | number | null>) =>
    cluster.change(insertSql(table, row), ...Object.values(row));

  beforeEach(async () => {
    cluster = await startTidb();
    target = tryTarget(tidb, { url: cluster.url, ...addresses() });
  });
  afterEach(async () => {
    await target.bound.close();
    await cluster.stop();
  });

  test('liveness says the release, shows no secret and tells a refusal', async () => {
    assert.equal((await target.seen('tidb.liveness')).detail, 'TiDB 8.5.1');
    assert.equal(target.bound.address, `127.0.0.1:${cluster.port}/shop`);
    const stranger = tryTarget(tidb, { url: cluster.urlFor('stranger') });
    const refused = await stranger.check('tidb.liveness');
    await stranger.bound.close();
    assert.ok(!refused.ok && refused.why === 'denied');
    assert.match(refused.detail, /Access denied .*\(1045\)/);
  });

  test('a well cluster is well in every probe, and nothing is missing', async () => {
    for (const check of target.bound.checks) {
      const outcome = await target.seen(check.probe.id);
      assert.deepEqual(outcome.missing ?? [], [], check.probe.id);
    }
    const stores = await target.seen('tidb.cluster');
    assert.equal(readingOf(stores, 'tidb.stores', { state: 'up' }), 3);
    assert.equal(readingOf(stores, 'tidb.stores', { state: 'down' }), 0);
    assert.equal(readingOf(stores, 'tidb.versions'), 1);
    assert.ok(Math.abs((readingOf(stores, 'tidb.storage.used') ?? 0) - (1 - 1.2 / 1.968)) < 1e-9);
  });

  test('an account without privileges leaves everything unknown, with the grant that helps', async () => {
    const blind = tryTarget(tidb, { url: cluster.urlFor('blind') });
    for (const [probe, remedy] of [
      ['tidb.cluster', /^GRANT PROCESS ON \*\.\* TO 'blind'@'%';/],
      ['tidb.activity', /^GRANT PROCESS/],
      ['tidb.statements', /^GRANT PROCESS/],
      ['tidb.load', /^GRANT PROCESS/],
      ['tidb.gc', /^GRANT SELECT ON mysql\.tidb TO 'blind'@'%';/],
      ['tidb.regions', /GRANT PROCESS|pd: /],
      ['tidb.metrics', /^status: \["http:\/\/TIDB:10080"\]/],
      ['tidb.settings', /^GRANT CONFIG/],
    ] as const) {
      const { missing = [], readings } = await blind.seen(probe);
      assert.ok(missing.length > 0, `${probe} misses nothing: ${JSON.stringify(readings)}`);
      assert.match(missing[0]?.remedy ?? '', remedy, probe);
    }
    await blind.bound.close();
  });

  test('PD tells of the stores where SQL does not', async () => {
    cluster.pdAnswers.set('/pd/api/v1/stores', {
      count: 1,
      stores: [
        {
          store: { id: 1, address: '10.0.1.1:20160', version: '8.5.1', state_name: 'Down' },
          status: { capacity: '1TiB', available: '100GiB', leader_count: 0, region_count: 9 },
        },
      ],
    });
    const blind = tryTarget(tidb, { url: cluster.urlFor('blind'), pd: [cluster.pd] });
    const seen = await blind.seen('tidb.cluster');
    await blind.bound.close();
    assert.equal(readingOf(seen, 'tidb.stores', { state: 'down' }), 1);
    assert.equal(readingOf(seen, 'tidb.store.available', { store: '1' }), 100 / 1_024);
  });

  test('stores that are disconnected, down or full, and instances that go, are told', async () => {
    await target.seen('tidb.cluster');
    cluster.change(
      "UPDATE information_schema.TIKV_STORE_STATUS SET STORE_STATE_NAME = 'Disconnected', AVAILABLE = '98.4GiB' WHERE STORE_ID = 4",
    );
    cluster.change("DELETE FROM information_schema.CLUSTER_INFO WHERE INSTANCE = '10.0.1.10:4000'");
    const seen = await target.seen('tidb.cluster');
    assert.equal(readingOf(seen, 'tidb.stores', { state: 'disconnected' }), 1);
    assert.ok((readingOf(seen, 'tidb.store.available', { store: '4' }) ?? 1) < 0.05);
    assert.equal(readingOf(seen, 'tidb.instance.up', { instance: '10.0.1.10:4000' }), 0);
    assert.equal(readingOf(seen, 'tidb.instance.up', { instance: '10.0.1.20:2379' }), 1);
    assert.match(seen.detail ?? '', /10\.0\.1\.4:20160 Disconnected/);
  });

  test('regions that become fewer are not stuck; those that stay are', async () => {
    const down = 'pd_regions_status{type="down-peer-region-count"}';
    await target.seen('tidb.cluster');
    const look = async (count: number) => {
      cluster.series.pd[down] = count;
      return target.seen('tidb.regions');
    };
    assert.equal(readingOf(await look(900), 'tidb.regions.stuck', { kind: 'down' }), 900);
    assert.equal(readingOf(await look(500), 'tidb.regions.stuck', { kind: 'down' }), 0);
    assert.equal(readingOf(await look(500), 'tidb.regions.unwell', { kind: 'down' }), 500);
    assert.equal(readingOf(await look(1_000), 'tidb.regions.stuck', { kind: 'down' }), 1_000);
  });

  test('without PD peers are counted by SQL in a small cluster, and in a large one they are unknown', async () => {
    const bare = tryTarget(tidb, { url: cluster.url });
    insert('information_schema.TIKV_REGION_PEERS', {
      REGION_ID: 7,
      PEER_ID: 8,
      STORE_ID: 4,
      STATUS: 'DOWN',
      DOWN_SECONDS: 400,
    });
    const counted = await bare.seen('tidb.regions');
    assert.equal(readingOf(counted, 'tidb.regions.unwell', { kind: 'down' }), 1);
    assert.match(counted.missing?.[0]?.remedy ?? '', /^pd: /);
    cluster.change('UPDATE information_schema.TIKV_STORE_STATUS SET REGION_COUNT = 400000');
    const large = await bare.seen('tidb.regions');
    await bare.bound.close();
    assert.deepEqual(large.readings, []);
    assert.match(large.missing?.[0]?.reason ?? '', /1200000 peers are too many/);
  });

  test('metrics: counters as they are, quantiles of what came since, from the ports and from Prometheus alike', async () => {
    const byPrometheus = tryTarget(tidb, { url: cluster.url, prometheus: cluster.prometheus });
    for (const [tried, instance] of [
      [target, new URL(cluster.status).host],
      [byPrometheus, 'tidb-0'],
    ] as const) {
      const first = await tried.seen('tidb.metrics');
      assert.equal(readingOf(first, 'tidb.schema.lease_errors', { instance }), 2);
      assert.equal(readingOf(first, 'tidb.panics', { instance }), 0);
      assert.equal(readingOf(first, 'tidb.heap', { instance }), 1.5e9);
      assert.equal(readingOf(first, 'tidb.query.p99'), undefined);
    }
    Object.assign(
      cluster.series.tidb,
      histogram(
        'tidb_server_handle_query_duration_seconds',
        'sql_type="Select"',
        [
          [0.1, 10_000],
          [1.024, 10_000],
          [4.096, 11_000],
        ],
        11_000,
      ),
    );
    Object.assign(cluster.series.tikv, {
      'tikv_engine_write_stall{db="kv",type="write_stall_average"}': 1_200,
    });
    for (const tried of [target, byPrometheus]) {
      const second = await tried.seen('tidb.metrics');
      const p99 = readingOf(second, 'tidb.query.p99') ?? 0;
      assert.ok(p99 > 3.9 && p99 < 4.1, `p99 is ${p99}`);
      assert.equal(readingOf(second, 'tidb.tikv.write_stall'), 1_200);
      assert.equal(readingOf(second, 'tidb.tikv.append_p99'), undefined);
    }
    await byPrometheus.bound.close();
  });

  test('region errors are scaled up in a small cluster', async () => {
    cluster.change('UPDATE information_schema.TIKV_STORE_STATUS SET LEADER_COUNT = 1000');
    await target.seen('tidb.cluster');
    assert.equal(readingOf(await target.seen('tidb.metrics'), 'tidb.region_errors'), 0);
    cluster.series.tidb['tidb_tikvclient_region_err_total{type="not_leader"}'] = 1_200;
    const seen = readingOf(await target.seen('tidb.metrics'), 'tidb.region_errors') ?? 0;
    assert.ok(Math.abs(seen - 1_000) < 1e-6, `300 errors of 3,000 regions are ${seen}`);
  });

  test('a status address that does not answer is told, and its metrics are unknown', async () => {
    const lost = tryTarget(tidb, { url: cluster.url, ...addresses(), tikv: ['http://127.0.0.1:1'] });
    const seen = await lost.seen('tidb.metrics');
    await lost.bound.close();
    assert.equal(readingOf(seen, 'tidb.status.up', { component: 'tikv' }), 0);
    assert.ok(
      seen.missing?.some(
        ({ metrics, reason }) => metrics.includes('tidb.tikv.write_stall') && /ECONNREFUSED/.test(reason),
      ),
    );
  });

  test('collection that is held back, and schema changes that wait', async () => {
    cluster.change(
      "UPDATE mysql.tidb SET VARIABLE_VALUE = ? WHERE VARIABLE_NAME = 'tikv_gc_safe_point'",
      gcMomentOf(Date.now() - 7 * 3_600_000),
    );
    const behind = readingOf(await target.seen('tidb.gc'), 'tidb.gc.behind') ?? 0;
    assert.ok(Math.abs(behind - (7 * 3_600 - 600)) < 30, `behind is ${behind}`);
    for (const [id, state] of [
      [101, 'running'],
      [102, 'queueing'],
      [103, 'queueing'],
      [90, 'synced'],
    ] as const)
      insert('information_schema.DDL_JOBS', {
        ...{
          JOB_ID: id,
          DB_NAME: 'shop',
          TABLE_NAME: 'orders',
          JOB_TYPE: 'add index',
          STATE: state,
          ROW_COUNT: 40,
        },
        ...{
          START_TIME: state === 'running' ? momentOf(Date.now() - 900_000) : null,
          QUERY: 'ALTER TABLE orders ADD INDEX (n)',
        },
      });
    const seen = await target.seen('tidb.ddl');
    assert.equal(readingOf(seen, 'tidb.ddl.waiting'), 2);
    assert.ok(Math.abs((readingOf(seen, 'tidb.ddl.longest') ?? 0) - 900) < 30);
  });

  test('a statement that became slow with a new plan is counted; one that was always slow is not', async () => {
    const statement = (table: string, digest: string, plan: string, calls: number, mean: number) =>
      insert(`information_schema.${table}`, {
        ...{
          INSTANCE: '10.0.1.10:10080',
          STMT_TYPE: 'Select',
          SCHEMA_NAME: 'shop',
          DIGEST: digest,
          PLAN_DIGEST: plan,
        },
        ...{
          DIGEST_TEXT: `select ${digest}`,
          EXEC_COUNT: calls,
          SUM_LATENCY: calls * mean * 1e9,
          AVG_TOTAL_KEYS: 10,
        },
      });
    statement('CLUSTER_STATEMENTS_SUMMARY_HISTORY', 'a', 'old', 5_000, 0.01);
    statement('CLUSTER_STATEMENTS_SUMMARY', 'a', 'new', 200, 0.8);
    statement('CLUSTER_STATEMENTS_SUMMARY_HISTORY', 'b', 'same', 5_000, 2);
    statement('CLUSTER_STATEMENTS_SUMMARY', 'b', 'same', 200, 2.1);
    const seen = await target.seen('tidb.statements');
    assert.equal(readingOf(seen, 'tidb.statements.new_plans'), 1);
    assert.ok(Math.abs((readingOf(seen, 'tidb.statements.slowdown') ?? 0) - 80) < 0.01);
    assert.match(seen.detail ?? '', /800 ms a call instead of 10 ms: select a/);
  });

  test('open transactions and lock waits; a backup is no forgotten one', async () => {
    const session = (id: string, info: string | null) =>
      insert('information_schema.CLUSTER_PROCESSLIST', {
        ...{ INSTANCE: '10.0.1.10:10080', ID: id, USER: 'app', HOST: '10.0.2.2:5000', DB: 'shop' },
        ...{ COMMAND: info === null ? 'Sleep' : 'Query', TIME: 300, INFO: info, MEM: 0, DISK: 0 },
      });
    const transaction = (id: string, sessionId: string, state: string, seconds: number) =>
      insert('information_schema.CLUSTER_TIDB_TRX', {
        ...{
          INSTANCE: '10.0.1.10:10080',
          ID: id,
          SESSION_ID: sessionId,
          USER: 'app',
          STATE: state,
          MEM_BUFFER_KEYS: 1,
        },
        START_TIME: momentOf(Date.now() - seconds * 1_000),
        WAITING_START_TIME: state === 'LockWaiting' ? momentOf(Date.now() - 30_000) : null,
      });
    session('8306449708033769879', null);
    session('8306449708033769881', 'select * from orders for update');
    session('8306449708033769883', 'SELECT /*!40001 SQL_NO_CACHE */ * FROM shop.orders');
    transaction('426790590082449409', '8306449708033769879', 'Idle', 300);
    transaction('426790594290122753', '8306449708033769881', 'LockWaiting', 40);
    transaction('426790594290122755', '8306449708033769883', 'Running', 9_000);
    const seen = await target.seen('tidb.activity');
    const about = (metric: string, wanted: number) => {
      const value = readingOf(seen, metric) ?? -1;
      assert.ok(Math.abs(value - wanted) < 25, `${metric} is ${value}, not ${wanted}`);
    };
    about('tidb.transactions.oldest', 300);
    about('tidb.transactions.idle_longest', 300);
    about('tidb.locks.longest_wait', 30);
    assert.equal(readingOf(seen, 'tidb.locks.waiting'), 1);
    assert.equal(readingOf(seen, 'tidb.longest_statement'), 300);
  });

  test('settings are a snapshot without secrets, and those that put the cluster at risk are counted', async () => {
    cluster.change("UPDATE variables SET Value = 'OFF' WHERE Variable_name = 'tidb_gc_enable'");
    const seen = await target.seen('tidb.settings');
    assert.equal(readingOf(seen, 'tidb.settings.unsafe'), 1);
    const text = JSON.stringify(seen.snapshots);
    assert.ok(!text.includes('ssl-key'), text);
    assert.match(text, /"tidb_gc_life_time":"10m0s"/);
    assert.match(text, /"pd 10\.0\.1\.20:2379 schedule\.max-store-down-time":"30m0s"/);
  });
});
