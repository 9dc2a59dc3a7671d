import assert from 'node:assert/strict';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { gcMomentOf, momentOf } from '../../../../test/servers/tidb-shapes.ts';
import {
  insertSql,
  servicePoint,
  startTidb,
  type TidbStandIn,
} from '../../../../test/servers/tidb-stand-in.ts';
import { applied, assertGuarded, planned, refusal, undone, verified } from '../../../../test/try-action.ts';
import { type TriedTarget, targetName, tryTarget } from '../../../../test/try-target.ts';
import type { Change } from '../../../core/change.ts';
import { tidb } from '../index.ts';

const minute = 60_000;
const hour = 60 * minute;
const idle = '8306449708033769879';
const waiter = '8306449708033769881';
const statementDigest = 'a'.repeat(64);
const formerPlan = '1'.repeat(64);
const gibibyte = 1_073_741_824;

suite('diagnoses and actions of TiDB', () => {
  let cluster: TidbStandIn;
  let target: TriedTarget;

  beforeEach(async () => {
    cluster = await startTidb();
    target = tryTarget(tidb, {
      url: cluster.urlFor('root'),
      status: [cluster.status],
      pd: [cluster.pd],
      tikv: [cluster.tikv],
    });
  });
  afterEach(async () => {
    await target.bound.close();
    await cluster.stop();
  });

  type Cells = Record<string, string | number | null>;
  const insert = (table: string, row: Cells) => cluster.change(insertSql(table, row), ...Object.values(row));
  const session = (id: string, row: Cells) =>
    insert('information_schema.CLUSTER_PROCESSLIST', {
      ...{
        INSTANCE: '10.0.1.10:10080',
        ID: id,
        USER: 'app',
        HOST: '10.0.2.2:5000',
        DB: 'shop',
        COMMAND: 'Sleep',
      },
      ...{ TIME: 300, INFO: null, DIGEST: '', MEM: 0, DISK: 0, ...row },
    });
  const transaction = (id: string, of: string, state: string, ageMs: number, row: Cells = {}) =>
    insert('information_schema.CLUSTER_TIDB_TRX', {
      ...{
        INSTANCE: '10.0.1.10:10080',
        ID: id,
        SESSION_ID: of,
        USER: 'app',
        STATE: state,
        MEM_BUFFER_KEYS: 3,
      },
      START_TIME: momentOf(Date.now() - ageMs),
      WAITING_START_TIME: state === 'LockWaiting' ? momentOf(Date.now() - 30_000) : null,
      ...row,
    });
  const safePoint = (ageMs: number) =>
    cluster.change(
      "UPDATE mysql.tidb SET VARIABLE_VALUE = ? WHERE VARIABLE_NAME = 'tikv_gc_safe_point'",
      gcMomentOf(Date.now() - ageMs),
    );
  const change = (kind: Change['kind'], summary: string): Change => ({
    ...{
      id: 'c1',
      kind,
      target: targetName,
      service: null,
      summary,
      differences: [],
      source: 'tidb.variables',
    },
    ...{ after: Date.now() - hour, at: Date.now() - hour, isReported: false, url: null },
  });
  const findings = async (id: string, known: Parameters<TriedTarget['diagnose']>[1] = {}) =>
    (await target.diagnose(id, known)).findings;

  test('a well cluster has no findings', async () => {
    for (const { id } of target.bound.diagnoses) {
      if (id !== 'tidb.unreachable') assert.deepEqual(await findings(id), [], id);
    }
  });

  test('a store that is away is named; two of three are told to be more', async () => {
    const away = (id: number, state: string) =>
      cluster.change(
        `UPDATE information_schema.TIKV_STORE_STATUS SET STORE_STATE_NAME = '${state}', LAST_HEARTBEAT_TS = ? WHERE STORE_ID = ${id}`,
        momentOf(Date.now() - 40 * minute).slice(0, 19),
      );
    away(4, 'Down');
    const [one] = await findings('tidb.stores');
    assert.match(
      one?.summary ?? '',
      /^a TiKV store is away: store 4 \(10\.0\.1\.4:20160\) down, silent for (39|40) m/,
    );
    assert.match(one?.explanation ?? '', /majority elsewhere/);
    away(5, 'Disconnected');
    const [two] = await findings('tidb.stores');
    assert.match(two?.summary ?? '', /^2 of 3 TiKV stores are away/);
    assert.match(two?.explanation ?? '', /answer nobody \(error 9005/);
  });

  test('a login that is refused is told from an outage', async () => {
    const stranger = tryTarget(tidb, { url: cluster.urlFor('stranger') });
    const [found] = (await stranger.diagnose('tidb.credentials-refused')).findings;
    await stranger.bound.close();
    assert.match(
      found?.summary ?? '',
      /^TiDB is alive, but user name or password were not accepted: .*\(1045\)$/,
    );
  });

  test('PD is asked for the stores when no TiDB server answers', async () => {
    cluster.pdAnswers.set('/pd/api/v1/stores', {
      stores: [
        {
          store: { id: 4, address: '10.0.1.4:20160', state_name: 'Down' },
          status: { capacity: '1TiB', available: '900GiB', region_count: 9, leader_count: 0 },
        },
      ],
    });
    const lost = tryTarget(tidb, { url: 'mysql://root@127.0.0.1:1', pd: [cluster.pd] });
    const [found] = (await lost.diagnose('tidb.stores')).findings;
    await lost.bound.close();
    assert.match(found?.summary ?? '', /store 4 .* down/);
  });

  test('one full store is told from a full cluster', async () => {
    cluster.change("UPDATE information_schema.TIKV_STORE_STATUS SET AVAILABLE = '100GiB' WHERE STORE_ID = 4");
    assert.match((await findings('tidb.stores'))[0]?.explanation ?? '', /The others have room/);
    cluster.change("UPDATE information_schema.TIKV_STORE_STATUS SET AVAILABLE = '100GiB'");
    assert.match((await findings('tidb.stores'))[0]?.explanation ?? '', /The cluster as a whole is full/);
  });

  test('regions that become fewer with every store up are balancing, and those that do not are stuck', async () => {
    const latest = (stuck: number) => (_: string, metric: string) => [
      { labels: { kind: 'miss' }, value: metric === 'tidb.regions.stuck' ? stuck : 700, at: Date.now() },
    ];
    const [calm] = await findings('tidb.stores', { latest: latest(0) });
    assert.match(calm?.summary ?? '', /balanced and become fewer: 700 miss/);
    assert.equal(calm?.nature, 'capacity');
    const [stuck] = await findings('tidb.stores', { latest: latest(700) });
    assert.match(stuck?.summary ?? '', /do not heal although every store is up/);
  });

  function blockOthers(state = 'Idle', keys = 3) {
    session(idle, {});
    session(waiter, { COMMAND: 'Query', INFO: 'update orders set n = 1', DIGEST: 'abcdef01' });
    transaction('11', idle, state, 5 * minute, { MEM_BUFFER_KEYS: keys });
    transaction('12', waiter, 'LockWaiting', minute);
    insert('information_schema.DATA_LOCK_WAITS', {
      KEY: '7480',
      KEY_INFO: '{"db_id":1,"db_name":"shop","table_id":53,"table_name":"orders","handle_value":"secret-17"}',
      ...{
        TRX_ID: '12',
        CURRENT_HOLDING_TRX_ID: '11',
        SQL_DIGEST: 'abcdef01',
        SQL_DIGEST_TEXT: 'update orders',
      },
    });
  }

  test('an idle transaction that blocks others is found, ended under the guard, and the waiter goes on', async () => {
    blockOthers();
    const { evidence, findings: found } = await target.diagnose('tidb.blocked-by-lock');
    assert.match(
      found[0]?.summary ?? '',
      new RegExp(`session ${idle} of app blocks 1 transaction on shop.orders and does nothing`),
    );
    assert.ok(!JSON.stringify(evidence).includes('secret-17'), 'a value of a key is in the evidence');
    const [advice] = found[0]?.recommendations ?? [];
    assert.ok(advice?.action === 'tidb.kill-connection');
    const plan = await planned(target, advice.action, advice.input);
    assert.deepEqual(plan.steps, [`KILL TIDB CONNECTION ${idle}`]);
    await assertGuarded(target, plan);
    assert.deepEqual(cluster.orders, []);
    assert.match(await applied(target, plan), /told to end/);
    assert.equal((await verified(target, plan)).good, true);
    assert.match(await applied(target, plan), /gone already/);
    assert.deepEqual(cluster.orders, [`KILL TIDB CONNECTION ${idle}`]);
  });

  test('a session is not ended that works, has written much, has begun anew, is no blocker or a backup', async () => {
    const input = { id: idle, user: 'app', transaction: '11' };
    const id = 'tidb.kill-connection';
    assert.match(await refusal(target, id, input), /not there any more/);
    blockOthers();
    assert.match(await refusal(target, id, { ...input, user: 'boss' }), /belongs to app/);
    assert.match(await refusal(target, id, { ...input, transaction: '10' }), /another transaction open, 11/);
    cluster.change('UPDATE information_schema.CLUSTER_TIDB_TRX SET MEM_BUFFER_KEYS = 900000 WHERE ID = 11');
    assert.match(await refusal(target, id, input), /its owner must be asked/);
    cluster.change(
      "UPDATE information_schema.CLUSTER_TIDB_TRX SET MEM_BUFFER_KEYS = 3, STATE = 'Running' WHERE ID = 11",
    );
    assert.match(await refusal(target, id, input), /at work/);
    cluster.change("UPDATE information_schema.CLUSTER_TIDB_TRX SET STATE = 'Idle' WHERE ID = 11");
    cluster.change('DELETE FROM information_schema.DATA_LOCK_WAITS');
    assert.match(await refusal(target, id, input), /blocks nobody/);
    session(idle, { INSTANCE: '10.0.1.11:10080' });
    assert.match(await refusal(target, id, input), /ids are not unique/);
  });

  test('KILL is not sent where it may hit the session of another server, nor without the privilege', async () => {
    blockOthers();
    const input = { id: idle, user: 'app', transaction: '11' };
    cluster.change("UPDATE config SET Value = 'false' WHERE Name = 'enable-global-kill'");
    assert.match(await refusal(target, 'tidb.kill-connection', input), /enable-global-kill is off/);
  });

  test('a transaction that stands at the safepoint is who keeps old versions; TiCDC where its safepoint is', async () => {
    safePoint(7 * hour);
    assert.match((await findings('tidb.gc-blocked'))[0]?.summary ?? '', /nobody is seen to hold them/);
    session(idle, {});
    transaction('11', idle, 'Idle', 7 * hour);
    const [found] = await findings('tidb.gc-blocked');
    assert.match(
      found?.summary ?? '',
      new RegExp(`transaction of app \\(session ${idle} .* idle\\) holds back`),
    );
    const [advice] = found?.recommendations ?? [];
    assert.ok(advice);
    const plan = await planned(target, advice.action, advice.input);
    assert.match(plan.summary, /holds back the collection/);
    cluster.pdAnswers.set('/pd/api/v1/gc/safepoint', {
      service_gc_safe_points: [servicePoint('ticdc-default-feed', Date.now() - 7 * hour, 2_000_000_000)],
      gc_safe_point: 0,
    });
    assert.match(
      (await findings('tidb.gc-blocked'))[0]?.summary ?? '',
      /TiCDC \(ticdc-default-feed\) holds back/,
    );
  });

  test('a life time that somebody raised is blamed with the change, set back, and raised again to undo', async () => {
    cluster.change("UPDATE variables SET Value = '72h0m0s' WHERE Variable_name = 'tidb_gc_life_time'");
    safePoint(72 * hour);
    const raised = change('configuration', 'tidb_gc_life_time 10m0s -> 72h0m0s');
    const [found] = await findings('tidb.gc-blocked', { changes: [raised] });
    assert.match(found?.summary ?? '', /kept for 72h0m0s on purpose/);
    assert.equal(found?.change, 'c1');
    const [advice] = found?.recommendations ?? [];
    assert.ok(advice?.action === 'tidb.set-gc-life');
    const plan = await planned(target, advice.action, advice.input);
    assert.deepEqual(plan.touches, ['production-change']);
    await assertGuarded(target, plan);
    await applied(target, plan);
    assert.equal((await verified(target, plan)).good, true);
    assert.match(await refusal(target, advice.action, advice.input), /no more than 10m0s/);
    await undone(target, plan);
    assert.deepEqual(
      cluster
        .rows("SELECT Value FROM variables WHERE Variable_name = 'tidb_gc_life_time'")
        .map(({ Value }) => Value),
      ['72h0m0s'],
    );
  });

  function job(id: number, state: string, row: Cells = {}) {
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
        START_TIME: state === 'running' ? momentOf(Date.now() - 20 * minute) : null,
        QUERY: 'ALTER TABLE orders ADD INDEX (n)',
        ...row,
      },
    });
  }

  test('a schema change that waits for a transaction names it; the transaction is ended, not the change', async () => {
    job(101, 'running');
    job(102, 'queueing');
    session(idle, {});
    transaction('11', idle, 'Idle', 20 * minute);
    insert('mysql.tidb_mdl_view', { job_id: '101', db_name: 'shop', table_name: 'orders', session_id: idle });
    const [found] = await findings('tidb.ddl-stuck');
    assert.match(
      found?.summary ?? '',
      /add index on shop\.orders \(job 101\) waits for a transaction of app/,
    );
    const [advice] = found?.recommendations ?? [];
    assert.ok(advice);
    assert.match(
      (await planned(target, advice.action, advice.input)).summary,
      /keeps schema change 101 on shop\.orders waiting/,
    );
  });

  test('a schema change is cancelled only while it waits, or stands still with others behind it', async () => {
    const id = 'tidb.cancel-ddl';
    assert.match(await refusal(target, id, { job: 101 }), /neither waiting nor running/);
    job(101, 'running');
    assert.match(await refusal(target, id, { job: 101 }), /nothing waits behind/);
    job(102, 'queueing');
    assert.match(await refusal(target, id, { job: 101 }), /has not been seen to stand still/);
    const plan = await planned(target, id, { job: 102 });
    await assertGuarded(target, plan);
    await applied(target, plan);
    assert.equal((await verified(target, plan)).good, true);
    assert.deepEqual(cluster.orders, ['ADMIN CANCEL DDL JOBS 102']);
    assert.match(await applied(target, plan), /had ended already/);
  });

  test('a statement that was slowed by a new plan is named with the index it lost and the change before', async () => {
    const usage = (table: string, row: Cells) =>
      insert(`information_schema.${table}`, {
        ...{ INSTANCE: '10.0.1.10:10080', STMT_TYPE: 'Select', SCHEMA_NAME: 'shop', DIGEST: statementDigest },
        ...{ DIGEST_TEXT: 'select * from orders where n = ?', TABLE_NAMES: 'shop.orders', ...row },
      });
    usage('CLUSTER_STATEMENTS_SUMMARY_HISTORY', {
      PLAN_DIGEST: formerPlan,
      EXEC_COUNT: 5_000,
      SUM_LATENCY: 5_000 * 4e6,
      AVG_TOTAL_KEYS: 3,
      INDEX_NAMES: 'orders:by_n',
    });
    usage('CLUSTER_STATEMENTS_SUMMARY', {
      PLAN_DIGEST: 'p2',
      EXEC_COUNT: 300,
      SUM_LATENCY: 300 * 2e9,
      AVG_TOTAL_KEYS: 900_000,
    });
    const dropped = change('schema', 'index orders.by_n gone');
    const [found] = await findings('tidb.plan-changed', { changes: [dropped] });
    assert.match(
      found?.summary ?? '',
      /new plan and takes 2 s a call instead of 4 ms: select \* from orders/,
    );
    assert.match(found?.explanation ?? '', /it used orders:by_n and now uses none/);
    assert.match(found?.explanation ?? '', /CREATE GLOBAL BINDING FROM HISTORY USING PLAN DIGEST '1{64}'/);
    assert.equal(found?.change, 'c1');
    const [advice] = found?.recommendations ?? [];
    assert.ok(advice?.action === 'tidb.bind-plan');
    assert.match(await refusal(target, advice.action, advice.input), /needs index by_n of orders/);
    insert('information_schema.TIDB_INDEXES', {
      TABLE_SCHEMA: 'shop',
      TABLE_NAME: 'orders',
      KEY_NAME: 'by_n',
      COLUMN_NAME: 'n',
    });
    const plan = await planned(target, advice.action, advice.input);
    await assertGuarded(target, plan);
    await applied(target, plan);
    assert.equal((await verified(target, plan)).good, true);
    assert.match(await applied(target, plan), /there already/);
    assert.match(await refusal(target, advice.action, advice.input), /has a binding already/);
    await undone(target, plan);
    assert.equal((await verified(target, plan)).good, false);
    assert.deepEqual(cluster.rows('SELECT * FROM bindings'), []);
  });

  test('the index that takes the hot writes of a stalled store is named', async () => {
    const hot = (region: number, index: string | null, bytes: number) =>
      insert('information_schema.TIDB_HOT_REGIONS', {
        ...{ DB_NAME: 'shop', TABLE_NAME: 'events', INDEX_NAME: index, REGION_ID: region, TYPE: 'write' },
        ...{ MAX_HOT_DEGREE: 30, FLOW_BYTES: bytes },
      });
    hot(1, 'by_time', 900);
    hot(2, null, 100);
    const latest = (_: string, metric: string) =>
      metric === 'tidb.tikv.write_stall'
        ? [{ labels: { instance: 'tikv-1:20180' }, value: 12, at: Date.now() }]
        : [];
    const [found] = await findings('tidb.hot-spot', { latest });
    assert.match(
      found?.summary ?? '',
      /shop\.events, index by_time takes 90 % of all hot writes, in 1 region; tikv-1:20180 stalls/,
    );
  });

  test('a statement that fills its server is named and stopped; another of the session is not touched', async () => {
    cluster.change('UPDATE information_schema.CLUSTER_MEMORY_USAGE SET MEMORY_CURRENT = 9900000000');
    session(waiter, {
      COMMAND: 'Query',
      INFO: 'select * from a join b',
      DIGEST: 'abcdef01',
      MEM: 6 * gibibyte,
      TIME: 40,
    });
    const [found] = await findings('tidb.memory');
    assert.match(
      found?.summary ?? '',
      new RegExp(`one statement of app \\(session ${waiter}\\) takes 6\\.0 GiB of the 10\\.0 GiB`),
    );
    const [advice] = found?.recommendations ?? [];
    assert.ok(advice?.action === 'tidb.kill-query');
    assert.match(
      await refusal(target, advice.action, { ...advice.input, digest: 'abcdef02' }),
      /another statement/,
    );
    const plan = await planned(target, advice.action, advice.input);
    await assertGuarded(target, plan);
    await applied(target, plan);
    assert.equal((await verified(target, plan)).good, true);
    assert.deepEqual(cluster.orders, [`KILL TIDB QUERY ${waiter}`]);
  });

  test('statements that were ended for want of memory are told afterwards', async () => {
    insert('information_schema.CLUSTER_MEMORY_USAGE_OPS_HISTORY', {
      ...{ INSTANCE: '10.0.1.10:10080', TIME: '2022-10-17 22:46:25', OPS: 'SessionKill', MEM: 7_905_028_235 },
      ...{ USER: 'root', SQL_DIGEST: '146b', SQL_TEXT: 'select * from t t1 join t t2 on t1.a=t2.a' },
    });
    assert.match((await findings('tidb.memory'))[0]?.summary ?? '', /ended 1 session .* select \* from t t1/);
  });

  test('the machine whose clock went back is named', async () => {
    const at = [Date.now() - 3 * minute, Date.now() - 2 * minute];
    const history = async (_: string, metric: string) =>
      metric === 'tidb.clock.jumps_back'
        ? [{ labels: { instance: 'tidb-1:10080' }, at, values: [0, 2] }]
        : [];
    const [found] = await findings('tidb.clock-skew', { history });
    assert.match(found?.summary ?? '', /the clock of TiDB tidb-1:10080 went back 2 times/);
    assert.equal(found?.onset, at[1]);
  });
});
