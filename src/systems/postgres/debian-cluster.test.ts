import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { clusterOf, controlOf } from './debian-cluster.ts';

test('a cluster of Debian is known by its data folder, or by its port, and restarted by its own name', (t) => {
  const root = temporaryFolder('clusters');
  t.after(() => removeFolder(root));
  for (const [version, name, text] of [
    ['15', 'main', "data_directory = '/var/lib/postgresql/15/main'\nport = 5432\n"],
    [
      '17',
      'shop',
      "port = 5432\n#port = 9\ndata_directory = '/srv/shop/data'\nport = 5433 # after the upgrade\n",
    ],
    ['17', 'twin', 'port = 5433\n'],
  ] as const) {
    mkdirSync(join(root, version, name), { recursive: true });
    writeFileSync(join(root, version, name, 'postgresql.conf'), text);
  }
  const main = { version: '15', name: 'main' };
  assert.deepEqual(clusterOf({ data: '/var/lib/postgresql/15/main', port: null }, root), main);
  assert.deepEqual(clusterOf({ data: '/srv/shop/data', port: 5_433 }, root), { version: '17', name: 'shop' });
  assert.deepEqual(clusterOf({ data: null, port: 5_432 }, root), main, 'the role may not see the folder');
  assert.equal(clusterOf({ data: null, port: 5_433 }, root), undefined, 'two have that port');
  assert.equal(clusterOf({ data: '/tmp/own', port: 5_432 }, root), undefined, 'another server');
  assert.equal(clusterOf({ data: null, port: 1 }, join(root, 'none')), undefined);
  assert.equal(controlOf(main, 'restart', true), 'systemctl restart postgresql@15-main');
  assert.equal(controlOf(main, 'restart', false), 'pg_ctlcluster 15 main restart');
});
