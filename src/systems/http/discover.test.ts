import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Surroundings } from '../../core/system.ts';
import { tls } from '../tls/index.ts';
import { http } from './index.ts';

const answers: Readonly<Record<number, 'http' | 'https' | 'postgres'>> = {
  80: 'http',
  443: 'https',
  5432: 'postgres',
};
const surroundings: Surroundings = {
  env: {},
  urls: [
    { url: 'https://api.example.test/v1', variable: 'PAYMENTS_API_URL', from: '.env' },
    { url: 'postgres://a:b@db/x', variable: 'DATABASE_URL', from: '.env' },
  ],
  listeners: [
    { address: '0.0.0.0', port: 80, process: 'nginx' },
    { address: '::', port: 80, process: 'nginx' },
    { address: '::1', port: 443 },
    { address: '127.0.0.1', port: 5432, process: 'postgres' },
  ],
  sniff: async (_, port) => answers[port] ?? 'closed',
};

test('what answers HTTP is proposed once, with the address that answers, and every proposal is valid', async () => {
  const proposals = (await http.discover?.(surroundings)) ?? [];
  assert.deepEqual(
    proposals.map(({ name, config, found, variable }) => [name, config.url, found, variable]),
    [
      ['nginx-80', 'http://127.0.0.1:80/', 'listening on :::80 (nginx)', undefined],
      ['web-443', 'https://[::1]:443/', 'listening on ::1:443', undefined],
      ['payments-api', 'https://api.example.test/v1', 'PAYMENTS_API_URL in .env', 'PAYMENTS_API_URL'],
    ],
  );
  for (const { config } of proposals) http.config.parse(config);
});

test('what runs in a terminal may end', async () => {
  const listeners = [{ address: '127.0.0.1', port: 80, process: 'vite', isInTerminal: true as const }];
  const around = { ...surroundings, urls: [], listeners };
  assert.deepEqual(
    ((await http.discover?.(around)) ?? []).map(({ name, found, isPassing }) => [name, found, isPassing]),
    [['vite-80', 'listening on 127.0.0.1:80 (vite, in a terminal)', true]],
  );
  assert.equal((await tls.discover?.(surroundings))?.length, 2);
});
