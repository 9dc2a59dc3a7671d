import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Proposal, Surroundings, SystemEntry } from '../core/system.ts';
import { discover, guessesAmong, thingKey } from './discover.ts';
import { systems } from './fixtures/systems.ts';

const nothing: Surroundings = { env: {}, urls: [], listeners: [], sniff: async () => 'closed' };

function finds(kind: string, proposals: readonly Proposal[]): SystemEntry {
  const [box] = systems;
  assert.ok(box);
  return { ...box, kind, discover: async () => [...proposals] };
}

test('discovery: the host first, one proposal per address, the one with a variable kept, names unique', async () => {
  const [box] = systems;
  assert.ok(box);
  const failing: SystemEntry = {
    ...box,
    discover: async () => {
      throw new Error('cannot look');
    },
  };
  const urls = [{ url: 'postgres://u:p@localhost/app', variable: 'DATABASE_URL', from: '.env' }];
  const found = await discover({ ...nothing, urls }, [
    failing,
    finds('postgres', [
      {
        name: 'PostgreSQL 5432',
        system: 'postgres',
        config: { url: 'postgres://127.0.0.1:5432/x' },
        found: 'listening',
      },
      {
        name: 'db',
        system: 'postgres',
        config: { url: 'postgres://u:p@localhost/app' },
        found: '.env',
        variable: 'DATABASE_URL',
      },
      {
        name: 'db',
        system: 'postgres',
        config: { url: 'postgres://other/app' },
        found: '.env',
        variable: 'OTHER',
      },
    ]),
    finds('host', [{ name: 'this machine', system: 'host', config: {}, found: 'this machine' }]),
  ]);
  assert.deepEqual(
    found.map((proposal) => [proposal.name, proposal.found, proposal.variable]),
    [
      ['this-machine', 'this machine', undefined],
      ['db', '.env', 'DATABASE_URL'],
      ['db-2', '.env', undefined],
    ],
  );
});

test('what merely listened is a guess; what somebody named is none, and neither is the machine itself', () => {
  const urls = [{ url: 'postgres://u:p@localhost/app', variable: 'db', from: 'compose.yaml (db)' }];
  const proposal = (name: string, system: string, url?: string): Proposal => ({
    name,
    system,
    config: url === undefined ? {} : { url },
    found: '',
  });
  assert.deepEqual(
    guessesAmong(
      [
        proposal('this-machine', 'host'),
        proposal('db', 'postgres', 'postgres://u:p@localhost/app'),
        proposal('redis', 'redis', 'redis://127.0.0.1:6379'),
        proposal('proxy', 'haproxy'),
      ],
      { ...nothing, urls },
    ),
    new Set(['redis', 'proxy']),
  );
});

test('no system is shown what listens on a port that the kernel lent out', async () => {
  const shown: number[] = [];
  const [box] = systems;
  assert.ok(box);
  const looking: SystemEntry = {
    ...box,
    discover: async ({ listeners }) => {
      shown.push(...listeners.map(({ port }) => port));
      return [];
    },
  };
  const listeners = [
    { address: '127.0.0.1', port: 6379 },
    { address: '127.0.0.1', port: 41_234, isLent: true as const },
  ];
  await discover({ ...nothing, listeners }, [looking]);
  assert.deepEqual(shown, [6379]);
});

test('what was found before keeps its name, whatever else has appeared, and nobody gets the name of one that is away', async () => {
  const at = (port: number): Proposal => ({
    name: 'nginx',
    system: 'nginx',
    config: { url: `http://127.0.0.1:${port}/` },
    found: `listening on ${port}`,
  });
  const first = await discover(nothing, [finds('nginx', [at(25_080), at(25_081)])]);
  const names = new Map(first.map((proposal) => [thingKey(proposal), proposal.name]));
  const second = await discover(nothing, [finds('nginx', [at(8_081), at(25_080)])], names);
  assert.deepEqual(
    second.map(({ name, found }) => [name, found]),
    [
      ['nginx-3', 'listening on 8081'],
      ['nginx', 'listening on 25080'],
    ],
  );
});
