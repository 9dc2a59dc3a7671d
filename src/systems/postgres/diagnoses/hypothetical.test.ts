import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type pg from 'pg';
import { missing } from '../../../../test/servers/installed.ts';
import {
  hypopg,
  type PostgresServer,
  postgresServer,
  startPostgres,
} from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { planned } from '../../../../test/try-action.ts';
import { tryTarget } from '../../../../test/try-target.ts';
import { postgres } from '../index.ts';

const extension = hypopg();

suite('indexes that are tried and not built', {
  skip: missing(postgresServer, ...(extension ? [extension] : [])),
}, () => {
  let server: PostgresServer;
  let app: pg.Client;

  before(async () => {
    server = await startPostgres({
      settings: { shared_preload_libraries: 'pg_stat_statements' },
      setup: [
        'CREATE EXTENSION pg_stat_statements',
        'CREATE ROLE watcher LOGIN',
        'CREATE ROLE app LOGIN',
        'GRANT pg_monitor, pg_read_all_data, app TO watcher',
        'GRANT CREATE ON SCHEMA public TO app',
        'CREATE TABLE events (id int PRIMARY KEY, kind int, day int, source int)',
        // Of kind there are two, of day and source many: a pair finds one row, a kind half the table.
        'INSERT INTO events SELECT g, g % 2, g % 300, (g / 300) % 300 FROM generate_series(1, 60000) g',
        'ALTER TABLE events OWNER TO app',
        'VACUUM ANALYZE events',
      ],
    });
    app = await login(server, 'app', 'shop');
  });
  after(async () => {
    await app.end();
    await server.stop();
  });

  const during = async (text: string) => {
    const target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
    let isOver = false;
    const running = (async () => {
      for (let at = 1; !isOver; at += 1)
        await app.query(text, /\$2/.test(text) ? [at % 300, at % 200] : [at % 2]);
    })();
    try {
      const seen = await target.diagnose('postgres.missing-index');
      const [recommended] = seen.findings.flatMap(({ recommendations }) => recommendations);
      const plan = recommended && (await planned(target, recommended.action, recommended.input));
      return { ...seen, finding: seen.findings[0], recommended, plan };
    } finally {
      isOver = true;
      await running;
      await target.bound.close();
    }
  };
  const byPair = 'SELECT * FROM events WHERE day = $1 AND source = $2';

  test('without HypoPG the advice is that of the plan alone, and says what would try it', async () => {
    const { evidence, finding, recommended } = await during(byPair);
    assert.match(finding?.unseen.join() ?? '', /HypoPG is not in this database .*CREATE EXTENSION hypopg/);
    assert.ok(evidence.some(({ id, unseen }) => id.endsWith('tried-indexes') && unseen !== undefined));
    assert.deepEqual(recommended?.input.columns, [{ column: 'day' }]);
  });

  test('with it the best columns are recommended, with what they would gain; nothing is built or left behind', async () => {
    await server.query('CREATE SCHEMA tools');
    await server.query('CREATE EXTENSION hypopg SCHEMA tools');
    await server.query('GRANT USAGE ON SCHEMA tools TO watcher');
    const { finding, recommended, plan } = await during(byPair);
    assert.match(
      finding?.explanation ?? '',
      /Tried with HypoPG, nothing built: with an index on day, source of about \d+ MiB the cost of the plan would go from \d+ to \d+\./,
    );
    assert.ok((finding?.confidence ?? 0) > 0.7);
    assert.deepEqual(recommended?.input.columns, [{ column: 'day' }, { column: 'source' }]);
    assert.deepEqual(plan?.steps, [
      'CREATE INDEX CONCURRENTLY "events_day_source_idx" ON "public"."events" USING btree ("day", "source")',
    ]);
    const indexes = await server.query(`SELECT indexrelid FROM pg_index WHERE indrelid = 'events'::regclass`);
    assert.equal(indexes.length, 1);
  });

  test('an index that the planner would not use is not recommended', async () => {
    const { finding, recommended } = await during('SELECT * FROM events WHERE kind = $1');
    assert.match(finding?.explanation ?? '', /planner would not use|too little to recommend/);
    assert.ok((finding?.confidence ?? 1) < 0.5);
    assert.equal(recommended, undefined);
  });
});
