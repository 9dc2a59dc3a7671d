import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { asSuperuser } from '../../../../test/pasted.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { urlFor } from '../../../../test/servers/postgres-session.ts';
import { applied, assertGuarded, planned, refusal, undone, verified } from '../../../../test/try-action.ts';
import { eventually, type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import { postgres } from '../index.ts';
import { isSameValue, objectionTo, type SettingName } from './setting-bounds.ts';

const set = 'postgres.set-setting';
const reset = 'postgres.reset-setting';

test('values outside the bounds, without unit or that are more than a value are not taken', () => {
  const cases: [SettingName, string, RegExp | undefined][] = [
    ['work_mem', '64MB', undefined],
    ['work_mem', '64kB', /must be between 1MB and 256MB/],
    ['work_mem', '64', /needs a unit: B, kB, MB/],
    ['work_mem', "64MB'; DROP TABLE x; --", /must be a number/],
    ['random_page_cost', '1.1', undefined],
    ['random_page_cost', '100', /between 1 and 10/],
    ['random_page_cost', '1ms', /has no unit/],
    ['checkpoint_timeout', '5min', undefined],
    ['checkpoint_timeout', '1s', /between 1min and 1h/],
    ['autovacuum', 'off', /one of on/],
    ['max_slot_wal_keep_size', '-1', undefined],
    ['autovacuum_vacuum_cost_delay', '0', undefined],
  ];
  for (const [name, value, why] of cases) {
    const objection = objectionTo(name, value);
    if (why === undefined) assert.equal(objection, undefined, `${name} = ${value}`);
    else assert.match(objection ?? '', why, `${name} = ${value}`);
  }
  assert.ok(isSameValue('max_wal_size', '1GB', '1024MB'));
  assert.ok(!isSameValue('work_mem', '4MB', '4kB'));
});

suite('settings of a running server', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let target: TriedTarget;

  before(async () => {
    server = await startPostgres({
      settings: { random_page_cost: '2' },
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor TO watcher',
        'GRANT ALTER SYSTEM ON PARAMETER work_mem TO watcher',
        'GRANT ALTER SYSTEM ON PARAMETER random_page_cost TO watcher',
        'GRANT EXECUTE ON FUNCTION pg_reload_conf() TO watcher',
      ],
    });
    target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
  });
  after(async () => {
    await target.bound.close();
    await server.stop();
  });

  const shown = async (name: string) => (await server.query(`SHOW ${name}`))[0]?.[name];
  const eventuallyIs = (name: string, value: string) =>
    eventually(
      () => shown(name),
      (now) => now === value,
    );

  test('a setting is changed once, and its undo takes the change away again', async () => {
    const plan = await planned(target, set, { name: 'work_mem', value: '65536kB' });
    assert.deepEqual(plan.steps, [`ALTER SYSTEM SET "work_mem" = '65536kB'`, 'SELECT pg_reload_conf()']);
    await assertGuarded(target, plan);
    assert.equal((await verified(target, plan)).good, false);
    assert.match(await applied(target, plan), /was set to/);
    await eventuallyIs('work_mem', '64MB');
    assert.equal((await verified(target, plan)).good, true);
    assert.match(await applied(target, plan), /already$/);
    assert.match(await refusal(target, set, { name: 'work_mem', value: '64MB' }), /is 64MB already/);
    assert.match(await undone(target, plan), /was set back to 4MB/);
    await eventuallyIs('work_mem', '4MB');
    assert.match(await undone(target, plan), /again already/);
    assert.match(await refusal(target, reset, { name: 'work_mem' }), /ALTER SYSTEM has not changed it/);
  });

  test('a bad ALTER SYSTEM is taken back, and its undo restores it', async () => {
    await server.query(`ALTER SYSTEM SET random_page_cost = 100`);
    await server.query('SELECT pg_reload_conf()');
    await eventuallyIs('random_page_cost', '100');
    const plan = await planned(target, reset, { name: 'random_page_cost' });
    await assertGuarded(target, plan);
    assert.equal((await verified(target, plan)).good, false);
    await applied(target, plan);
    await eventuallyIs('random_page_cost', '2');
    assert.equal((await verified(target, plan)).good, true);
    assert.match(await applied(target, plan), /taken back already/);
    await undone(target, plan);
    await eventuallyIs('random_page_cost', '100');
    assert.match(await undone(target, plan), /again already/);
  });

  test('a setting that somebody else changed since is left alone', async () => {
    const plan = await planned(target, set, { name: 'work_mem', value: '32MB' });
    await server.query(`ALTER SYSTEM SET work_mem = '8MB'`);
    await server.query('SELECT pg_reload_conf()');
    await eventuallyIs('work_mem', '8MB');
    await assert.rejects(applied(target, plan), /has changed since it was planned: value was 4MB, is 8MB/);
    const later = await planned(target, set, { name: 'work_mem', value: '32MB' });
    await applied(target, later);
    await eventuallyIs('work_mem', '32MB');
    await server.query(`ALTER SYSTEM SET work_mem = '16MB'`);
    await server.query('SELECT pg_reload_conf()');
    await eventuallyIs('work_mem', '16MB');
    await assert.rejects(undone(target, later), /changed again meanwhile, to 16MB; it is left/);
  });

  test('is refused for what is not allowed to it, and for names off the list', async () => {
    const asked = await refusal(target, set, { name: 'max_wal_size', value: '4GB' });
    assert.match(
      asked,
      /psql -p \d+ -d postgres -c 'GRANT ALTER SYSTEM ON PARAMETER max_wal_size TO watcher;'$/,
    );
    asSuperuser(server, asked);
    assert.ok(
      'steps' in (await target.action(set).plan({ name: 'max_wal_size', value: '4GB' }, target.context())),
    );
    for (const name of ['fsync', 'archive_command', 'ssl', 'shared_preload_libraries', 'constructor']) {
      assert.throws(() => target.action(set).plan({ name, value: 'on' }, target.context()), name);
      assert.throws(() => target.action(reset).plan({ name }, target.context()), name);
    }
    await server.query(`ALTER ROLE watcher SET random_page_cost = 5`);
    assert.match(
      await refusal(target, set, { name: 'random_page_cost', value: '1.1' }),
      /is set by user, which ALTER SYSTEM does not reach/,
    );
  });
});
