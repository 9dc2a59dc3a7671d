import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { urlFor } from '../../../../test/servers/postgres-session.ts';
import { tryTarget } from '../../../../test/try-target.ts';
import { defaultRules } from '../../../config/rules.ts';
import { initialState, step } from '../../../core/detection.ts';
import type { Rule } from '../../../core/rule.ts';
import type { Reading } from '../../../core/sample.ts';
import { postgres } from '../index.ts';

/** All that the readme's least privileges grant. */
const watcher = [
  'CREATE ROLE watcher LOGIN',
  'GRANT pg_monitor TO watcher',
  'CREATE EXTENSION pg_stat_statements',
  'GRANT SELECT ON pg_file_settings, pg_hba_file_rules TO watcher',
  'GRANT EXECUTE ON FUNCTION pg_show_all_file_settings(), pg_hba_file_rules() TO watcher',
];

/** A small application as its developers leave it: keys, indexes behind foreign keys, rows, statistics. */
const shop = [
  'CREATE ROLE app LOGIN',
  'CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL)',
  `CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     customer bigint NOT NULL REFERENCES customers, item text CHECK (item <> ''))`,
  'CREATE INDEX orders_customer ON orders (customer)',
  `INSERT INTO customers (name) SELECT 'customer ' || n FROM generate_series(1, 1000) n`,
  `INSERT INTO orders (customer, item) SELECT 1 + n % 1000, 'item ' || n FROM generate_series(1, 20000) n`,
  'GRANT SELECT, INSERT, UPDATE, DELETE ON customers, orders TO app',
  'GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO watcher',
  'VACUUM ANALYZE',
];

suite('a healthy server', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;

  before(async () => {
    server = await startPostgres({
      password: 'test',
      settings: {
        fsync: 'on',
        shared_preload_libraries: 'pg_stat_statements',
        archive_mode: 'on',
        archive_command: 'true',
      },
      setup: [...watcher, `ALTER ROLE watcher PASSWORD 'test'`, ...shop],
    });
  });
  after(() => server.stop('SIGQUIT'));

  for (const [who, url] of [
    ['the role of the readme', () => urlFor(server, 'watcher:test')],
    ['a superuser', () => server.url],
  ] as const) {
    test(`no rule fires for ${who}, and nothing is unknown`, async (t) => {
      const target = tryTarget(postgres, { url: url() });
      t.after(() => target.bound.close());
      const readings: Reading[] = [];
      for (const { probe } of [...target.bound.checks, ...target.bound.checks]) {
        const outcome = await target.seen(probe.id);
        assert.deepEqual(outcome.missing ?? [], [], probe.id);
        readings.push(...outcome.readings);
      }
      assert.deepEqual(
        defaultRules(postgres).rules.flatMap((rule) =>
          readings.filter((one) => isBad(rule, one, readings)).map((one) => ({ rule: rule.id, ...one })),
        ),
        [],
      );
    });
  }
});

/** Whether a value is beyond a bound, however short; counters are judged by what they grow, which is nothing here. */
function isBad(rule: Rule, reading: Reading, all: readonly Reading[]): boolean {
  if (reading.metric !== rule.metric || (rule.kind !== 'threshold' && rule.kind !== 'state')) return false;
  // The end of support comes by the calendar.
  if (rule.id === 'postgres.release-support') return false;
  if (rule.kind === 'threshold' && rule.increaseMs !== undefined) return false;
  // A share is judged of its maximum; without one there is nothing to judge.
  const maximum =
    rule.kind === 'threshold' && rule.of ? all.find(({ metric }) => metric === rule.of)?.value : 1;
  if (maximum === undefined) return false;
  const floor = all.find(({ metric }) => metric === rule.and?.metric)?.value ?? null;
  const taken = step(initialState, { kind: 'value', value: reading.value / maximum, floor }, 0, {
    ...rule,
    forMs: 0,
  });
  return taken.state.phase !== 'ok';
}
