import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { asSuperuser } from '../../../../test/pasted.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { baseBackup, startStandby } from '../../../../test/servers/postgres-standby.ts';
import { applied, assertGuarded, planned, refusal, undone, verified } from '../../../../test/try-action.ts';
import { eventually, tryTarget } from '../../../../test/try-target.ts';
import { postgres } from '../index.ts';

const resume = 'postgres.resume-replay';
const drop = 'postgres.drop-replication-slot';
const rollback = 'postgres.rollback-prepared';

suite('replay, slots and prepared transactions', { skip: missing(postgresServer, baseBackup) }, () => {
  test('a paused replay goes on once, and is paused again by the undo', async (t) => {
    const primary = await startPostgres({
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor TO watcher',
        'CREATE ROLE unarmed LOGIN',
        'GRANT EXECUTE ON FUNCTION pg_wal_replay_resume(), pg_wal_replay_pause() TO watcher',
        'CREATE TABLE filler (n int)',
      ],
    });
    t.after(() => primary.stop('SIGQUIT'));
    const standby = await startStandby(primary);
    t.after(() => standby.stop());
    const target = tryTarget(postgres, { url: urlFor(standby, 'watcher') });
    t.after(() => target.bound.close());
    const unarmed = tryTarget(postgres, { url: urlFor(standby, 'unarmed') });
    t.after(() => unarmed.bound.close());
    const above = tryTarget(postgres, { url: urlFor(primary, 'watcher') });
    t.after(() => above.bound.close());
    assert.match(await refusal(above, resume, {}), /is no standby/);
    assert.match(await refusal(target, resume, {}), /is not paused/);
    await standby.query('SELECT pg_wal_replay_pause()');
    const [grant = '', now = ''] = (await refusal(unarmed, resume, {})).split(
      '. Now, as a superuser on the server: ',
    );
    assert.match(
      grant,
      /psql -d postgres -c 'GRANT EXECUTE ON FUNCTION pg_wal_replay_resume.* TO unarmed;'$/,
    );
    asSuperuser(primary, grant);
    asSuperuser(standby, now);
    assert.match(await refusal(target, resume, {}), /is not paused/);
    await eventually(
      () =>
        standby.query("SELECT has_function_privilege('unarmed', 'pg_wal_replay_resume()', 'EXECUTE') AS may"),
      ([row]) => row?.may === true,
    );
    await standby.query('SELECT pg_wal_replay_pause()');
    await primary.query('INSERT INTO filler SELECT generate_series(1, 5000)');
    const behind = () =>
      standby.query('SELECT pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn() AS behind');
    await eventually(behind, ([row]) => row?.behind === true);
    const plan = await planned(target, resume, {});
    await assertGuarded(target, plan);
    assert.equal((await verified(target, plan)).good, false);
    assert.match(await applied(target, plan), /was told to go on/);
    await eventually(
      () => verified(target, plan),
      ({ good }) => good,
    );
    assert.match(await applied(target, plan), /goes on already/);
    assert.match(await undone(target, plan), /paused again/);
    assert.match(await undone(target, plan), /is paused already/);
  });

  test('an inactive slot is dropped once; one in use or used since is kept', async (t) => {
    const server = await startPostgres({
      setup: [
        'CREATE ROLE watcher LOGIN REPLICATION',
        'GRANT pg_monitor TO watcher',
        'CREATE ROLE unarmed LOGIN',
        `SELECT pg_create_physical_replication_slot('dead', true)`,
      ],
    });
    t.after(() => server.stop());
    const target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
    t.after(() => target.bound.close());
    const unarmed = tryTarget(postgres, { url: urlFor(server, 'unarmed') });
    t.after(() => unarmed.bound.close());
    assert.equal(target.action(drop).risk, 'destructive');
    assert.match(await refusal(target, drop, { slot: 'none' }), /there is no replication slot none/);
    assert.match(await refusal(unarmed, drop, { slot: 'dead' }), /REPLICATION/);
    const plan = await planned(target, drop, { slot: 'dead' });
    assert.equal(plan.undo.possible, false);
    await assertGuarded(target, plan);
    assert.equal((await verified(target, plan)).good, false);
    const moved = { ...plan, before: { ...plan.before, restartLsn: '0/1' } };
    await assert.rejects(applied(target, moved), /has changed since it was planned: restartLsn/);
    assert.match(await applied(target, plan), /was dropped/);
    assert.equal((await verified(target, plan)).good, true);
    assert.match(await applied(target, plan), /was gone already/);
  });

  test('a prepared transaction is rolled back by who may, when it is old enough', async (t) => {
    const server = await startPostgres({
      settings: { max_prepared_transactions: 3 },
      setup: ['CREATE ROLE watcher LOGIN', 'CREATE ROLE app LOGIN', 'CREATE TABLE orders (n int)'],
    });
    t.after(() => server.stop());
    const xa = await login(server, 'postgres', 'xa');
    t.after(() => xa.end());
    await xa.query('BEGIN');
    await xa.query('INSERT INTO orders VALUES (1)');
    await xa.query(`PREPARE TRANSACTION 'it''s; "odd"'`);
    const target = tryTarget(postgres, { url: urlFor(server, 'postgres') });
    t.after(() => target.bound.close());
    const stranger = tryTarget(postgres, { url: urlFor(server, 'watcher') });
    t.after(() => stranger.bound.close());
    const input = { gid: `it's; "odd"` };
    assert.equal(target.action(rollback).risk, 'destructive');
    assert.match(await refusal(stranger, rollback, input), /only postgres, who prepared it, or a superuser/);
    assert.match(await refusal(target, rollback, input), /its owner has 10 s to end it/);
    assert.match(await refusal(target, rollback, { gid: 'none' }), /there is no prepared transaction/);
    await eventually(
      () => refusal(target, rollback, input),
      (why) => why.startsWith('planned'),
      120_000,
    );
    const plan = await planned(target, rollback, input);
    assert.deepEqual(plan.steps, [`ROLLBACK PREPARED 'it''s; "odd"'`]);
    await assertGuarded(target, plan);
    assert.equal((await verified(target, plan)).good, false);
    const another = { ...plan, before: { ...plan.before, transaction: '1' } };
    await assert.rejects(applied(target, another), /has changed since it was planned/);
    assert.match(await applied(target, plan), /was rolled back/);
    assert.equal((await verified(target, plan)).good, true);
    assert.match(await applied(target, plan), /was ended already/);
  });
});
