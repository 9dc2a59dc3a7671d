import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../test/servers/postgres.ts';
import { urlFor } from '../../test/servers/postgres-session.ts';
import { systemClock } from '../clock.ts';
import { readConfiguration } from '../config/read.ts';
import { writeBackups } from '../config/write-backups.ts';
import { systems } from '../systems/index.ts';
import { proposeBackups } from './propose-backups.ts';

suite('backups that init proposes', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres({
      setup: ['CREATE ROLE reader LOGIN', 'GRANT pg_monitor, pg_read_all_data TO reader'],
    });
  });
  after(() => server.stop());

  const world = { clock: systemClock, systems, notifiers: [], env: {}, cwd: '/nowhere' };
  const targetsOf = (url: string) => [{ name: 'db', system: 'postgres', config: { url }, found: 'a test' }];
  const proposed = (url: string) => proposeBackups(world, targetsOf(url), new Set(), '/nowhere/upkeep.yaml');

  test('the best engine that works today is chosen, the file passes the check, and the better one says what it lacks', async () => {
    const url = urlFor(server, 'reader');
    const [found] = await proposed(url);
    assert.equal(found?.engine, 'postgres.logical');
    assert.deepEqual(found.lacking, []);
    const said = JSON.stringify(found.better);
    assert.match(said, /postgres\.plain.*ALTER ROLE reader REPLICATION/);
    assert.ok((found.bytes ?? 0) > 1_000_000);
    const text = `name: shop\ntargets:\n  db: { system: postgres, url: "${url}" }\n${writeBackups([found])}`;
    const reading = readConfiguration({
      ...{ file: 'upkeep.yaml', text, env: {}, systems, notifiers: [] },
      readFile: () => assert.fail('nothing is read'),
    });
    assert.deepEqual(reading.problems, [], text);
    assert.equal(reading.configuration?.backups[0]?.engine, 'postgres.logical');
    const [whole] = await proposed(server.url);
    assert.equal(whole?.engine, 'postgres.plain', JSON.stringify(whole?.better));
  });

  test('what lets nobody in is not taken for well', async () => {
    const [silent] = await proposed(urlFor(server, 'nobody-of-that-name'));
    assert.ok(silent?.isSilent);
    assert.match(silent.lacking[0]?.what ?? '', /nobody-of-that-name/);
    assert.match(writeBackups([silent]), /^# backups:$/m);
  });
});

test('files of a machine are proposed as a comment until something is there that a rebuilt machine would miss', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'upkeep-init-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  const world = { clock: systemClock, systems, notifiers: [], env: {}, cwd };
  const host = [
    { name: 'host', system: 'host', config: {}, found: 'this machine' },
    { name: 'nginx', system: 'nginx', config: { url: 'http://127.0.0.1:1/' }, found: 'a test' },
  ];
  const proposed = () => proposeBackups(world, host, new Set(), join(cwd, 'upkeep.yaml'));
  const isBare = ({ what }: { what: string }) => /nothing of yours is named/.test(what);
  const bare = await proposed();
  assert.ok(bare[0]?.lacking.some(isBare), JSON.stringify(bare));
  const text = writeBackups(bare);
  assert.match(text, /^# backups:$/m);
  assert.match(text, /# first: nothing of yours is named yet.*: list in paths: /);
  writeFileSync(join(cwd, '.env'), 'A=b');
  const [whole] = await proposed();
  assert.ok(whole?.paths.includes(join(cwd, '.env')));
  assert.ok(!whole?.lacking.some(isBare));
});
