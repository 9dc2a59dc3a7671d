import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { systems } from '../systems/index.ts';
import { formatProblem } from './problem.ts';
import { readConfiguration } from './read.ts';

function read(backups: string) {
  const reading = readConfiguration({
    file: join('/srv', 'upkeep.yaml'),
    text: `targets:\n  db: { system: postgres, url: "postgres://u@h/d" }\n  web: { system: http, url: "http://h" }\n  here: { system: host }\nbackups:\n${backups}`,
    ...{ env: {}, systems, notifiers: [] },
    readFile: () => {
      throw new Error('none');
    },
  });
  return { backups: reading.configuration?.backups, problems: reading.problems.map(formatProblem) };
}

test('what is left out is daily at three, proven each time and kept for thirty days', () => {
  const hour = 3_600_000;
  assert.deepEqual(read('  shop: { of: db, to: ./backups }').backups, [
    {
      ...{ name: 'shop', target: 'db', engine: 'postgres.logical', folder: '/srv/backups' },
      ...{ at: '03:00', prove: 'each', keepMs: 720 * hour, rpoMs: 25 * hour, rtoMs: 4 * hour, smoke: [] },
    },
  ]);
});

test('with the log kept, five minutes may be lost where nothing is said', () => {
  for (const engine of ['postgres.plain', 'postgres.pgbackrest']) {
    const [plan] = read(`  shop: { of: db, engine: ${engine}, to: ./backups }`).backups ?? [];
    assert.deepEqual([plan?.keepsLog, plan?.rpoMs], [true, 300_000]);
  }
});

test('all that can be said is taken, and every problem is told at its place', () => {
  const whole =
    '  shop: { of: db, engine: postgres.logical, to: /b, at: "02:30", prove: weekly, keep: 60d, rpo: 1h, rto: 30m, smoke: [SELECT true], scratch: /s }';
  assert.deepEqual(read(whole).problems, []);
  assert.equal(read(whole).backups?.[0]?.scratch, '/s');
  for (const [text, expected] of [
    ['{ to: /b }', /:6:3 backups\.shop: has no of/],
    ['{ of: db }', /has no to/],
    ['{ of: dv, to: /b }', /there is no target "dv".*did you mean db\?/],
    ['{ of: web, to: /b }', /"web" is a target of http, which Upkeep cannot back up.*postgres/],
    ['{ of: db, to: /b, at: noon }', /"noon" is no time of day/],
    ['{ of: db, to: /b, keep: 7d }', /"7d" is too short/],
    ['{ of: db, to: /b, engine: tar }', /"tar" is not one of postgres\.logical/],
    ['{ of: db, to: /b, paths: [/etc] }', /postgres\.logical takes no paths/],
    ['{ of: here, to: /b }', /:6:3 backups\.shop: has no paths.*paths: \[\/etc\/shop/],
    ['{ of: here, to: /b, paths: [etc] }', /"etc" is not absolute/],
    ['{ of: db, to: /b, when: daily }', /is not a key that belongs here/],
  ] as const) {
    const { problems, backups } = read(`  shop: ${text}`);
    assert.equal(backups, undefined);
    assert.match(problems.join('\n'), expected, text);
  }
});

test('files and folders of the machine are named by paths', () => {
  const [files] = read('  files: { of: here, to: /b, paths: [/etc/shop, /srv] }').backups ?? [];
  assert.deepEqual([files?.engine, files?.paths], ['host.files', ['/etc/shop', '/srv']]);
});
