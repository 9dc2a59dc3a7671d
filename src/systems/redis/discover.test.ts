import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discover } from './discover.ts';

test('Redis is found in connection strings and on ports, each server once', async () => {
  const proposals = await discover({
    env: {},
    urls: [
      { url: 'rediss://:secret@cache.example:6380', variable: 'REDIS_URL', from: 'compose.yaml' },
      { url: 'redis://localhost', variable: 'QUEUE_URL', from: '.env' },
      { url: 'postgres://localhost/shop', variable: 'DATABASE_URL', from: '.env' },
    ],
    listeners: [
      { address: '0.0.0.0', port: 6379, process: 'redis-server' },
      { address: '127.0.0.1', port: 6390, process: 'valkey-server' },
      { address: '127.0.0.1', port: 8080, process: 'node' },
    ],
    sniff: (_, port) => Promise.resolve(port === 8080 ? 'http' : 'redis'),
  });
  assert.deepEqual(
    proposals.map(({ name, config, variable }) => [name, config.url, variable]),
    [
      ['redis', 'rediss://:secret@cache.example:6380', 'REDIS_URL'],
      ['redis-2', 'redis://localhost', 'QUEUE_URL'],
      ['redis-3', 'redis://127.0.0.1:6390', undefined],
    ],
  );
});
