import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Surroundings } from '../../core/system.ts';
import { discover } from './discover.ts';

const nothing: Surroundings = {
  env: {},
  urls: [],
  listeners: [],
  sniff: () => Promise.resolve('unknown'),
};

test('a connection string is proposed with its variable, and its server not again as a listener', async () => {
  const proposals = await discover({
    ...nothing,
    urls: [
      { url: 'postgres://a:b@localhost:5432/shop', variable: 'DATABASE_URL', from: '.env' },
      { url: 'redis://localhost', variable: 'REDIS_URL', from: '.env' },
      { url: 'not a url', variable: 'OTHER', from: '.env' },
    ],
    listeners: [
      { address: '127.0.0.1', port: 5432, process: 'postgres' },
      { address: '::1', port: 5432, process: 'postgres' },
    ],
    sniff: () => Promise.resolve('postgres'),
  });
  assert.deepEqual(proposals, [
    {
      name: 'postgres',
      system: 'postgres',
      config: { url: 'postgres://a:b@localhost:5432/shop' },
      found: 'DATABASE_URL in .env',
      variable: 'DATABASE_URL',
    },
  ]);
});

test('listeners that answer as PostgreSQL are proposed, other processes are left in peace', async () => {
  const asked: number[] = [];
  const proposals = await discover({
    ...nothing,
    listeners: [
      { address: '0.0.0.0', port: 5433, process: 'postgres' },
      { address: '::', port: 6000, process: 'postgres' },
      { address: '127.0.0.1', port: 5434 },
      { address: '127.0.0.1', port: 8080, process: 'node' },
      { address: '127.0.0.1', port: 9000 },
    ],
    sniff(_, port) {
      asked.push(port);
      return Promise.resolve(port === 5434 ? 'unknown' : 'postgres');
    },
  });
  assert.deepEqual(asked, [5433, 6000, 5434]);
  assert.deepEqual(
    proposals.map(({ name, config }) => [name, config.url]),
    [
      ['postgres', 'postgres://upkeep@127.0.0.1:5433/postgres'],
      ['postgres-2', 'postgres://upkeep@[::1]:6000/postgres'],
    ],
  );
});
