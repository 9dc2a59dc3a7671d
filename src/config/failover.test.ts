import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BackupSettings } from '../core/backup/settings.ts';
import { backedUpAs, failoverPartOf, pairedServersOf } from '../core/failover.ts';
import { systems } from '../systems/index.ts';
import { formatProblem } from './problem.ts';
import { readConfiguration } from './read.ts';

function read(failover: string) {
  const targets = [
    'db: { system: postgres, url: "postgres://u@h/d" }',
    'spare: { system: postgres, url: "postgres://u@s/d" }',
    'proxy: { system: haproxy, socket: run/admin.sock }',
    'web: { system: http, url: "http://h" }',
  ];
  const reading = readConfiguration({
    file: join('/srv', 'upkeep.yaml'),
    text: `targets:\n${targets.map((one) => `  ${one}\n`).join('')}failover:\n  shop: ${failover}\n`,
    ...{ env: {}, systems, notifiers: [] },
    readFile: () => {
      throw new Error('none');
    },
  });
  return { configuration: reading.configuration, problems: reading.problems.map(formatProblem).join('\n') };
}

const through = 'through: "db.internal:5432"';
const way = 'switch: { haproxy: proxy, backend: shop, primary: db1, replica: db2 }';

test('each side of a pair is told of the other, and where the proxy is', () => {
  const { configuration, problems } = read(
    `{ primary: db, replica: spare, ${way}, ${through}, fence: [ssh, db1, stop] }`,
  );
  assert.equal(problems, '');
  assert.ok(configuration);
  const part = failoverPartOf(configuration, 'spare');
  assert.deepEqual(
    [part?.side, part?.other.url, part?.socket],
    ['replica', 'postgres://u@h/d', 'run/admin.sock'],
  );
  assert.deepEqual(part?.settings.fence, ['ssh', 'db1', 'stop']);
  assert.equal(failoverPartOf(configuration, 'db')?.other.url, 'postgres://u@s/d');
  assert.equal(failoverPartOf(configuration, 'web'), undefined);
  assert.deepEqual(pairedServersOf(configuration, 'proxy'), [
    { pair: 'shop', side: 'primary', target: 'db', backend: 'shop', server: 'db1' },
    { pair: 'shop', side: 'replica', target: 'spare', backend: 'shop', server: 'db2' },
  ]);
  assert.deepEqual(pairedServersOf(configuration, 'web'), []);
  const backups = [{ ...({} as BackupSettings), target: 'db' }];
  assert.equal(backedUpAs({ ...configuration, backups }, 'spare'), 'db', 'it has what its primary has');
  assert.equal(backedUpAs({ ...configuration, backups }, 'web'), 'web');
  const programs = read(
    `{ primary: db, replica: spare, switch: { show: [cat, f], to: [sw, "{target}"] }, ${through} }`,
  );
  assert.deepEqual(programs.configuration?.failovers?.[0]?.switch, {
    ...{ by: 'programs', show: ['cat', 'f'], to: ['sw', '{target}'] },
  });
});

test('every problem is told at its place', () => {
  for (const [text, expected] of [
    ['{ primary: db }', /:7:3 failover\.shop: has no replica.*\n.*has no switch.*\n.*has no through/],
    [`{ primary: db, replica: db, ${way}, ${through} }`, /is the primary itself/],
    [`{ primary: db, replica: web, ${way}, ${through} }`, /"web" is a target of http.*can promote: postgres/],
    [`{ primary: db, replica: spar, ${way}, ${through} }`, /there is no target "spar".*did you mean spare\?/],
    [
      `{ primary: db, replica: spare, switch: { haproxy: web }, ${through} }`,
      /no target of system haproxy "web"/,
    ],
    [
      `{ primary: db, replica: spare, switch: { show: [a], to: [b] }, ${through} }`,
      /does not say where clients go/,
    ],
    [`{ primary: db, replica: spare, ${way}, through: db }`, /"db" is no host:port/],
    [
      `{ primary: db, replica: spare, ${way}, ${through}, fenced: [a] }`,
      /is not a key that belongs here.*fence/,
    ],
  ] as const) {
    const { configuration, problems } = read(text);
    assert.equal(configuration, undefined);
    assert.match(problems, expected, text);
  }
});
