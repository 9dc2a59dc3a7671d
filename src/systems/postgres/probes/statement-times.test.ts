import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { readingOf, tryTarget } from '../../../../test/try-target.ts';
import { postgres } from '../index.ts';

suite('times of statements', { skip: missing(postgresServer) }, () => {
  test('a slow statement is told with its values replaced; maintenance and our own are not judged', async (t) => {
    const server = await startPostgres({
      settings: { shared_preload_libraries: 'pg_stat_statements' },
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor TO watcher',
        'CREATE ROLE app LOGIN',
        'CREATE EXTENSION pg_stat_statements',
      ],
    });
    t.after(() => server.stop('SIGQUIT'));
    const target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
    t.after(() => target.bound.close());
    const app = await login(server, 'app', 'shop');
    t.after(() => app.end());
    const look = async () => {
      const seen = await target.seen('postgres.statement-times');
      return seen.readings.find(({ metric }) => metric === 'postgres.statements.slowest');
    };
    assert.equal(await look(), undefined, 'one look is no window');
    for (let i = 0; i < 105; i++) await app.query("SELECT pg_sleep(0.01), 'card 4111' AS card");
    const found = await look();
    assert.ok(found && found.value >= 0.01 && found.value < 0.1, `${found?.value}`);
    assert.match(found.about?.detail ?? '', /^105 runs of \d+ ms: select pg_sleep/i);
    assert.doesNotMatch(JSON.stringify(found), /4111/);
    const again = await target.seen('postgres.statement-times');
    assert.equal(readingOf(again, 'postgres.statements.regression'), undefined, 'nothing is known of before');

    const plain = tryTarget(postgres, { url: urlFor(server, 'app') });
    t.after(() => plain.bound.close());
    const hidden = await plain.seen('postgres.statement-times');
    assert.equal(hidden.missing?.[0]?.remedy, 'GRANT pg_monitor TO app;');
  });
});
