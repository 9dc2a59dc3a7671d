import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { missing } from '../../../test/servers/installed.ts';
import { mariadbServer, startMariadb } from '../../../test/servers/mariadb.ts';
import { systemClock } from '../../clock.ts';
import { lookAround } from '../../machine/surroundings.ts';
import { discover } from './discover.ts';

test('a connection string is proposed with its variable, and its server not again as a listener', async () => {
  const asked: number[] = [];
  const proposals = await discover({
    env: {},
    urls: [
      { url: 'mysql://a:b@localhost/shop', variable: 'DATABASE_URL', from: '.env' },
      { url: 'postgres://localhost', variable: 'PG_URL', from: '.env' },
      { url: 'not a url', variable: 'OTHER', from: '.env' },
    ],
    listeners: [
      { address: '127.0.0.1', port: 3306, process: 'mariadbd' },
      { address: '0.0.0.0', port: 4406, process: 'mysqld' },
      { address: '127.0.0.1', port: 3307 },
      { address: '127.0.0.1', port: 8080, process: 'node' },
    ],
    sniff(_, port) {
      asked.push(port);
      return Promise.resolve(port === 3307 ? 'unknown' : 'mysql');
    },
  });
  assert.deepEqual(asked, [4406, 3307]);
  assert.deepEqual(
    proposals.map(({ name, config, variable }) => [name, config.url, variable]),
    [
      ['mysql', 'mysql://a:b@localhost/shop', 'DATABASE_URL'],
      ['mysql-2', 'mysql://upkeep@127.0.0.1:4406', undefined],
    ],
  );
});

test('a real server is known by its greeting, also on an unusual port', {
  skip: missing(mariadbServer),
}, async () => {
  const server = await startMariadb();
  try {
    const around = await lookAround({ env: {}, folder: tmpdir(), clock: systemClock });
    assert.equal(await around.sniff('127.0.0.1', server.port), 'mysql');
    const proposals = await discover({ ...around, urls: [] });
    assert.ok(proposals.some(({ config }) => config.url === `mysql://upkeep@127.0.0.1:${server.port}`));
  } finally {
    await server.stop();
  }
});
