import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { urlFor } from '../../../../test/servers/postgres-session.ts';
import { eventually, targetName, tryTarget } from '../../../../test/try-target.ts';
import type { Change } from '../../../core/change.ts';
import { postgres } from '../index.ts';

const id = 'postgres.unsafe-setting';

test('a setting that risks the data is named with since when, where it is set and the way back', {
  skip: missing(postgresServer),
}, async (t) => {
  const server = await startPostgres({
    settings: { fsync: 'on' },
    setup: ['CREATE ROLE watcher LOGIN', 'GRANT pg_monitor TO watcher'],
  });
  const target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
  t.after(async () => {
    await target.bound.close();
    await server.stop('SIGQUIT');
  });
  assert.deepEqual((await target.diagnose(id)).findings, []);
  await server.query('ALTER SYSTEM SET full_page_writes = off');
  await server.query('SELECT pg_reload_conf()');
  await eventually(
    () => server.query('SHOW full_page_writes'),
    (rows) => JSON.stringify(rows).includes('off'),
    120_000,
  );
  const [alone, ...others] = (await target.diagnose(id)).findings;
  assert.deepEqual(others, []);
  assert.match(alone?.summary ?? '', /^full_page_writes = off: a page that was half written/);
  assert.match(alone?.explanation ?? '', /^ALTER SYSTEM set it \(.*postgresql\.auto\.conf line \d+\)/);
  assert.match(alone?.explanation ?? '', /ALTER SYSTEM RESET full_page_writes; SELECT pg_reload_conf\(\)/);
  const change: Change = {
    ...{
      id: 'change-9',
      kind: 'configuration',
      target: targetName,
      service: null,
      summary: 'full_page_writes',
    },
    differences: [{ name: 'full_page_writes', before: 'on (default)', after: 'off (configuration file)' }],
    ...{ after: Date.now() - 150_000, at: Date.now() - 120_000, source: 'postgres.settings' },
    ...{ isReported: false, url: null },
  };
  const [known] = (await target.diagnose(id, { changes: [change] })).findings;
  assert.match(known?.summary ?? '', /^full_page_writes = off, seen first 2 m( \d+ s)? ago: /);
  assert.match(known?.explanation ?? '', /Before it was on \(default\); it was changed in the 30 s before/);
  assert.equal(known?.change, 'change-9');
});
