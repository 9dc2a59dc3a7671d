/** Where the log of a real server is, asked for by a role that may little. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { missing } from '../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { tryTarget } from '../../../test/try-target.ts';
import { postgres } from './index.ts';

test('the log of the collector is found with the rights of pg_monitor or none, and nothing is refused', {
  skip: missing(postgresServer),
}, async (t) => {
  const server = await startPostgres({
    settings: { logging_collector: 'on', log_directory: 'log' },
    setup: ['CREATE ROLE watcher LOGIN', 'GRANT pg_monitor TO watcher', 'CREATE ROLE nobody LOGIN'],
  });
  t.after(() => server.stop());
  const folder = realpathSync(join(server.folder, 'data/log'));
  const [name = assert.fail('no log')] = readdirSync(folder);
  for (const role of ['watcher', 'nobody', 'postgres']) {
    const url = new URL(server.url);
    url.username = role;
    const target = tryTarget(postgres, { url: url.href });
    const found = await target.bound.logs?.(AbortSignal.timeout(10_000));
    await target.bound.close();
    assert.deepEqual(found, [join(folder, name)], role);
  }
  assert.doesNotMatch(readFileSync(join(folder, name), 'utf8'), /permission denied/);
});
