import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTidb } from '../../../test/servers/tidb-stand-in.ts';
import { tryTarget } from '../../../test/try-target.ts';
import type { Surroundings } from '../../core/system.ts';
import { discover as discoverMysql } from '../mysql/discover.ts';
import { mysql } from '../mysql/index.ts';
import { discover } from './discover.ts';

function around(known: Partial<Surroundings>): Surroundings {
  return { env: {}, urls: [], listeners: [], sniff: async () => 'mysql', ...known };
}

test('URLs of TiDB and those on its port are proposed once, and not as MySQL', async () => {
  const urls = [
    { url: 'tidb://app:s@tidb-1/shop', variable: 'TIDB_URL', from: '.env' },
    { url: 'mysql://app:s@tidb-2:4000/shop', variable: 'DATABASE_URL', from: '.env' },
    { url: 'mysql://app:s@db/shop', variable: 'OTHER_URL', from: '.env' },
  ];
  const listeners = [{ address: '127.0.0.1', port: 4_000 }];
  const found = await discover(around({ urls, listeners }));
  assert.deepEqual(
    found.map(({ name, variable }) => [name, variable]),
    [
      ['tidb', 'TIDB_URL'],
      ['tidb-2', 'DATABASE_URL'],
    ],
  );
  const others = await discoverMysql(around({ urls }));
  assert.deepEqual(
    others.map(({ variable }) => variable),
    ['OTHER_URL'],
  );
});

test('a server that listens is taken for TiDB by its port or its program, when it greets as MySQL does', async () => {
  const listeners = [
    { address: '0.0.0.0', port: 4_100, process: 'tidb-server' },
    { address: '127.0.0.1', port: 3_306, process: 'mysqld' },
  ];
  const found = await discover(around({ listeners }));
  assert.deepEqual(
    found.map(({ config }) => config.url),
    ['mysql://upkeep@127.0.0.1:4100'],
  );
  assert.deepEqual(await discover(around({ listeners, sniff: async () => 'unknown' })), []);
});

test('the system mysql says that a server is TiDB', async () => {
  const cluster = await startTidb();
  const target = tryTarget(mysql, { url: cluster.url });
  const outcome = await target.check('mysql.liveness');
  await target.bound.close();
  await cluster.stop();
  assert.ok(!outcome.ok && outcome.why === 'broken-probe');
  assert.match(outcome.detail, /watch it with the system tidb/);
});
