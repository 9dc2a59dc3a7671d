import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Surroundings } from '../../core/system.ts';
import { discover } from './discover.ts';

const around = (more: Partial<Surroundings>): Surroundings => ({
  env: {},
  urls: [],
  listeners: [],
  sniff: async () => 'http',
  ...more,
});

test('addresses that the environment names, and what listens on port 9200; each once', async () => {
  const url = 'https://upkeep:secret@search.internal:9200';
  const urls = [
    { url, variable: 'OPENSEARCH_URL', from: '.env' },
    { url: 'https://shop.example', variable: 'SHOP_URL', from: '.env' },
  ];
  const listeners = [{ address: '0.0.0.0', port: 9200, process: 'java' }];
  const found = await discover(around({ urls, listeners, sniff: async () => 'https' }));
  assert.deepEqual(
    found.map(({ name, config, variable }) => [name, config.url, variable]),
    [
      ['opensearch', url, 'OPENSEARCH_URL'],
      ['opensearch-2', 'https://127.0.0.1:9200', undefined],
    ],
  );
  const here = [{ url: 'http://localhost:9200', variable: 'ELASTICSEARCH_URL', from: '.env' }];
  assert.equal((await discover(around({ urls: here, listeners }))).length, 1);
});

test('another program on port 9200, or one that speaks no HTTP, is not proposed', async () => {
  const listeners = [{ address: '127.0.0.1', port: 9200, process: 'postgres' }];
  assert.deepEqual(await discover(around({ listeners })), []);
  const silent = [{ address: '127.0.0.1', port: 9200, process: 'java' }];
  assert.deepEqual(await discover(around({ listeners: silent, sniff: async () => 'unknown' })), []);
});
