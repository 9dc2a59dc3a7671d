import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { missing } from '../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../test/servers/postgres.ts';
import { systemClock } from '../clock.ts';
import { readConfiguration } from '../config/read.ts';
import { allowedTarget, NotAllowed, onlyWatching, runOnTarget } from '../drills/staging/run.ts';
import { notifiers } from '../notifiers/index.ts';
import { systems } from '../systems/index.ts';
import { watchWith } from './drill-watch.ts';

function read(text: string) {
  return readConfiguration({ file: 'upkeep.yaml', text, env: {}, systems, notifiers, readFile: () => '' });
}

function configured(text: string) {
  const { configuration, problems } = read(text);
  assert.ok(configuration, JSON.stringify(problems));
  return configuration;
}

const staging = (url: string) => `
targets:
  db: { system: postgres, url: "${url}", every: 1s, environment: staging, drills: allow, rules: { postgres.blocked: { warning: 2s } } }
  other: { system: postgres, url: "${url}", environment: staging }
guard: { always: ['* on *'] }
`;

test('drills: allow is a problem in production, without an environment, and with any other word', () => {
  const problems = (settings: string) =>
    read(`targets: { db: { system: postgres, url: "postgres://u@h/d", ${settings} } }`).problems.map(
      ({ path, message }) => `${path} ${message}`,
    );
  assert.match(
    problems('environment: production, drills: allow')[0] ?? '',
    /^targets.db.drills .*in production/,
  );
  assert.match(problems('drills: allow')[0] ?? '', /^targets.db.drills no environment is declared/);
  assert.match(problems('environment: staging, drills: yes')[0] ?? '', /^targets.db.drills is not allow/);
  assert.deepEqual(problems('environment: staging, drills: allow'), []);
});

test('a target that does not allow drills is refused before anything begins; the Upkeep of a drill acts for nobody', () => {
  const configuration = configured(staging('postgres://u@127.0.0.1:1/d'));
  const refused = (name: string, expected: RegExp) =>
    assert.throws(
      () => allowedTarget(configuration, name),
      (error) => error instanceof NotAllowed && expected.test(error.message),
    );
  refused('other', /other does not allow drills: write drills: allow/);
  refused('nothing', /there is no target nothing/);
  const watched = onlyWatching(configuration, allowedTarget(configuration, 'db'));
  assert.deepEqual(watched.guard.always, []);
  assert.deepEqual(watched.guard.ask, [{ action: '*', target: '*' }]);
  assert.deepEqual([watched.notifiers, watched.targets.map(({ name }) => name)], [[], ['db']]);
});

test('on a real target that allows it the fault is found, the action only proposed, and nothing is left', {
  skip: missing(postgresServer),
}, async () => {
  const server = await startPostgres({
    // What risks the data is an alert, and a drill wants a target that is well.
    settings: { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' },
    setup: ['create role watcher login', 'grant pg_monitor, pg_signal_backend to watcher'],
  });
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-drill-'));
  try {
    const url = server.url.replace('//postgres', '//watcher');
    const board = await runOnTarget(configured(staging(url)), 'db', [], {
      clock: systemClock,
      holdMs: 1_000,
      machine: 'test',
      watch: (watched) => watchWith(watched, folder, { clock: systemClock, systems, notifiers }),
      onDrill: () => {},
    });
    assert.deepEqual(
      board.scores.map(({ id, faults, action }) => [id, faults, action]),
      [['postgres.open-transaction', [], 'postgres.terminate-backend']],
    );
    const left = await server.query("select 1 from pg_stat_activity where application_name = 'upkeep-drill'");
    assert.deepEqual(left, []);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
