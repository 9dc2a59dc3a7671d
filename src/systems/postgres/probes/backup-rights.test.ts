import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { urlFor } from '../../../../test/servers/postgres-session.ts';
import { systemClock } from '../../../clock.ts';
import { postgres } from '../index.ts';

suite('what backups of PostgreSQL must be able to read', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres({ setup: ['CREATE ROLE watcher LOGIN', 'CREATE TABLE orders (id int)'] });
  });
  after(() => server.stop());

  async function look(hasBackups: boolean) {
    const bound = postgres.bind({ url: urlFor(server, 'watcher') }, { clock: systemClock, folder: '/tmp' });
    const check = bound.checks.find(({ probe }) => probe.id === 'postgres.backup-rights');
    assert.ok(check);
    const outcome = await check.run({
      ...{ signal: AbortSignal.timeout(60_000), timeoutMs: 60_000, clock: systemClock },
      ...{ increase: () => undefined, mayLoseMs: () => (hasBackups ? 300_000 : undefined) },
    });
    await bound.close();
    assert.ok(outcome.ok, outcome.ok ? '' : outcome.detail);
    return outcome;
  }

  test('the grant is named where a backup would end at a table, and nothing is said where there is none', async () => {
    const { missing: lacks = [], readings } = await look(true);
    assert.deepEqual(
      lacks.map(({ reason, remedy }) => [reason, remedy]),
      [
        [
          'role watcher may not read public.orders, which the backups of this target need',
          'GRANT pg_read_all_data TO watcher;',
        ],
      ],
    );
    assert.equal(readings[0]?.value, 1);
    assert.deepEqual((await look(false)).readings, []);
    await server.query('GRANT pg_read_all_data TO watcher');
    const able = await look(true);
    assert.deepEqual([able.missing ?? [], able.readings[0]?.value], [[], 0]);
  });
});
