/** What would be lost, on a real server whose archive command works, hangs and works again. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { urlFor } from '../../../../test/servers/postgres-session.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { eventually } from '../../../../test/try-target.ts';
import { systemClock } from '../../../clock.ts';
import type { LogKeeping } from '../../../core/backup/settings.ts';
import type { Labels } from '../../../core/sample.ts';
import type { ProbeContext } from '../../../core/system.ts';
import { postgres } from '../index.ts';

const metric = (name: string) => `postgres.recovery_point.${name}`;
const hour = 3_600_000;

suite('the recovery point of PostgreSQL', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  const archive = temporaryFolder('archive');
  const hanging = join(archive, 'hang');
  let later = 0;
  /** Only ours: the server's clock and the real one go on as they are. */
  const clock = { ...systemClock, now: () => systemClock.now() + later };

  before(async () => {
    chmodSync(archive, 0o777);
    mkdirSync(join(archive, 'wal'));
    chmodSync(join(archive, 'wal'), 0o777);
    server = await startPostgres({
      settings: {
        archive_mode: 'on',
        archive_command: `while test -e ${hanging}; do sleep 0.05; done; cp %p ${archive}/wal/%f`,
      },
      setup: ['CREATE ROLE plain LOGIN', 'CREATE TABLE orders (id int)'],
    });
  });
  after(async () => {
    rmSync(hanging, { force: true });
    await server.stop('SIGQUIT');
    removeFolder(archive);
  });

  const open = (
    kept: ProbeContext['kept'] = async () => [],
    keptLogs: () => readonly LogKeeping[] | undefined = () => undefined,
    time = clock,
  ) => {
    const bound = postgres.bind({ url: urlFor(server, 'plain') }, { clock, folder: archive });
    const run = (id: string, signal = AbortSignal.timeout(60_000)) => {
      const check = bound.checks.find(({ probe }) => probe.id === id);
      assert.ok(check);
      const logs = keptLogs();
      return check.run({
        ...(logs && { keptLogs: () => logs }),
        ...{ signal, timeoutMs: 60_000, clock: time, kept },
        ...{ increase: () => undefined, mayLoseMs: () => 300_000 },
      });
    };
    const checked = async (id: string) => {
      const outcome = await run(id);
      assert.ok(outcome.ok, outcome.ok ? '' : outcome.detail);
      return outcome;
    };
    const look = async () => {
      const outcome = await checked('postgres.recovery-point');
      const reading = (name: string) =>
        outcome.readings.find((one) => one.metric === metric(name))?.value ?? Number.NaN;
      return { age: reading('age'), pending: reading('pending'), objective: reading('objective'), outcome };
    };
    return { look, run, checked, close: () => bound.close() };
  };
  /** A write, and its file finished. */
  const write = async () => {
    await server.query('INSERT INTO orders VALUES (1)');
    const [row] = await server.query('SELECT pg_walfile_name(pg_current_wal_lsn()) AS name');
    await server.query('SELECT pg_switch_wal()');
    return String(row?.name);
  };
  const archived = (name: string) =>
    eventually(
      () => server.query('SELECT last_archived_wal AS name FROM pg_stat_archiver'),
      ([row]) => String(row?.name ?? '') >= name,
    );

  test('it is now while files arrive, stays so while nobody writes, grows while the command hangs, and recovers', async () => {
    const { look, close } = open();
    try {
      await archived(await write());
      const fresh = await look();
      assert.ok(fresh.age < 60, `${fresh.age}`);
      assert.equal(fresh.objective, 300);

      await server.query('CHECKPOINT');
      later += 10 * hour;
      const idle = await look();
      assert.ok(idle.age < 60, `ten idle hours are told as ${idle.age} s at risk`);

      writeFileSync(hanging, '');
      const waiting = await write();
      await server.query('INSERT INTO orders VALUES (2)');
      later += hour;
      const hung = await look();
      assert.ok(hung.age >= 3_600 && hung.age < 3_900, `${hung.age}`);
      assert.ok(hung.pending > 0);
      const [stat] = await server.query('SELECT failed_count::int AS failed FROM pg_stat_archiver');
      assert.equal(stat?.failed, 0, 'the archiver itself tells of no trouble');

      rmSync(hanging);
      await archived(waiting);
      await archived(await write());
      const well = await look();
      assert.ok(well.age < 60, `${well.age}`);
    } finally {
      await close();
    }
  });

  test('a label of a backup as what was archived last is the file that it belongs to', async () => {
    const { look, close } = open();
    try {
      await archived(await write());
      await look();
      const before = readdirSync(join(archive, 'wal')).length;
      const session = await import('pg').then(
        ({ default: pg }) => new pg.Client({ connectionString: server.url }),
      );
      await session.connect();
      await session.query("SELECT pg_backup_start('upkeep', true)");
      await session.query('SELECT pg_backup_stop()');
      await session.end();
      await eventually(
        () => server.query('SELECT last_archived_wal AS name FROM pg_stat_archiver'),
        ([row]) => String(row?.name).endsWith('.backup'),
      );
      assert.ok(readdirSync(join(archive, 'wal')).length > before);
      later += hour;
      const { age } = await look();
      assert.ok(age < 60, `${age}`);
    } finally {
      await close();
    }
  });

  test('after a start what was kept says how old it is; without it, nothing is made up', async () => {
    const first = open();
    await archived(await write());
    const { outcome } = await first.look();
    await first.close();
    const at = clock.now();
    const kept: ProbeContext['kept'] = async (name) =>
      outcome.readings
        .filter((reading) => reading.metric === name)
        .map(({ labels = {}, value }) => ({ labels, points: [{ at, value }] }));
    later += 2 * hour;
    writeFileSync(hanging, '');
    await write();
    const again = open(kept);
    const fresh = open();
    try {
      const { age } = await again.look();
      assert.ok(age >= 7_200 && age < 7_260, `${age}`);
      assert.ok(Number.isFinite((await fresh.look()).age));
    } finally {
      rmSync(hanging);
      await again.close();
      await fresh.close();
    }
  });

  test('each plan has its own log: another command, or a slot that is gone, leaves it where it was', async () => {
    const shop = { name: 'shop', engine: 'postgres.pgbackrest', folder: '/kept', rpoMs: 300_000 };
    const streamed = { name: 'shop-plain', engine: 'postgres.plain', folder: '/kept', rpoMs: 3_600_000 };
    let logs = [shop, streamed];
    const { look, checked, close } = open(undefined, () => logs);
    const said = async () => {
      const { outcome } = await look();
      const ages = outcome.readings.flatMap(({ metric: found, labels, value }) =>
        found === metric('age')
          ? [{ of: `${labels?.plan}: ${labels?.repository}`, minutes: Math.floor(value / 60) }]
          : [],
      );
      const objectives = outcome.readings.filter((one) => one.metric === metric('objective'));
      const told = outcome.readings.flatMap(({ about }) => about?.detail ?? []);
      return { ages, objectives, told };
    };
    const command = (words: string) =>
      server
        .query(`ALTER SYSTEM SET archive_command = '${words}'`)
        .then(() => server.query('SELECT pg_reload_conf()'));
    const slot = (name: string) =>
      server.query('SELECT pg_create_physical_replication_slot($1, true)', [name]);
    try {
      const before = (await said()).ages.map(({ of }) => of);
      assert.deepEqual(before, ['undefined: archive'], 'no log of a plan was ever seen to arrive');
      await command(`cp %p ${archive}/wal/%f # /kept/shop/pgbackrest/pgbackrest.conf`);
      await slot('upkeep_shop_plain');
      await slot('upkeep_of_no_plan');
      await archived(await write());
      const well = await said();
      assert.deepEqual(well.ages, [
        { of: 'shop: repo1', minutes: 0 },
        { of: 'shop-plain: upkeep_shop_plain', minutes: 0 },
      ]);
      assert.deepEqual(
        well.objectives.map(({ labels, value }) => [labels?.plan, value]),
        [
          ['shop', 300],
          ['shop-plain', 3_600],
        ],
      );

      await command('/bin/true');
      later += hour;
      await write();
      await archived(await write());
      later += hour;
      const lost = await said();
      assert.ok(
        (lost.ages[0]?.minutes ?? 0) >= 60,
        `a command that throws files away is no repository: ${JSON.stringify(lost.ages)}`,
      );

      const words = lost.told.find((text) => text.startsWith('backup shop:')) ?? '';
      assert.match(
        words,
        /^backup shop: 2 h would be lost now by its log in repo1; no more than 5 m may be$/,
      );

      logs = [shop];
      assert.deepEqual(
        (await said()).ages.map(({ of }) => of),
        ['shop: repo1'],
      );
      const left = async () =>
        (await checked('postgres.slots')).readings
          .flatMap(({ metric: found, labels, value }) =>
            found === 'postgres.slots.leftover' && value === 1 ? [labels?.slot] : [],
          )
          .sort();
      assert.deepEqual(await left(), ['upkeep_of_no_plan', 'upkeep_shop_plain']);
      logs = [shop, streamed];
      assert.deepEqual(await left(), ['upkeep_of_no_plan']);
      logs = [];
      assert.deepEqual(
        (await said()).ages.map(({ of }) => of),
        ['undefined: archive'],
      );
    } finally {
      await close();
      await server.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots');
    }
  });

  suite('a plan that archive_command no longer names', () => {
    const shop = { name: 'shop', engine: 'postgres.pgbackrest', folder: '/kept', rpoMs: 300_000 };
    const command = async (words: string) => {
      await server.query(`ALTER SYSTEM SET archive_command = '${words}'`);
      await server.query('SELECT pg_reload_conf()');
      await eventually(
        () => server.query("SELECT current_setting('archive_command') AS command"),
        ([row]) => row?.command === words,
      );
    };
    const named = `cp %p ${archive}/wal/%f # /kept/shop/pgbackrest/pgbackrest.conf`;
    const plansIn = ({ readings }: { readings: readonly { metric: string; labels?: Labels }[] }) =>
      readings.flatMap((one) => (one.metric === metric('age') ? [one.labels?.plan] : []));

    test('is told on also where a look that ran out of time ends after a later one', async () => {
      const asked = Promise.withResolvers<void>();
      const answered = Promise.withResolvers<void>();
      let isFirst = true;
      const slow: ProbeContext['kept'] = async () => {
        if (!isFirst) return [];
        asked.resolve();
        await answered.promise;
        return [];
      };
      const { look, run, close } = open(slow, () => [shop]);
      try {
        await command(named);
        const stop = new AbortController();
        const first = run('postgres.recovery-point', stop.signal);
        await asked.promise;
        stop.abort(new DOMException('no answer', 'TimeoutError'));
        assert.equal((await first).ok, false);
        isFirst = false;
        assert.deepEqual(plansIn((await look()).outcome), ['shop']);
        answered.resolve();
        await new Promise((resolve) => setImmediate(resolve));
        await command('/bin/true');
        assert.deepEqual(plansIn((await look()).outcome), ['shop']);
      } finally {
        answered.resolve();
        await close();
      }
    });

    test('is told on also where no file had arrived while it was named', async () => {
      const { look, close } = open(undefined, () => [shop]);
      try {
        await command(named);
        await server.query("SELECT pg_stat_reset_shared('archiver')");
        assert.deepEqual(plansIn((await look()).outcome), ['shop']);
        await command('/bin/true');
        later += hour;
        const { outcome, age } = await look();
        assert.deepEqual(plansIn(outcome), ['shop']);
        assert.ok(age >= 3_600 && age < 3_660, `${age}`);
      } finally {
        await close();
      }
    });

    test('is told on also where the clock was set back, or the server went back in its log', async () => {
      let past = 0;
      const behind = { ...clock, now: () => clock.now() - past };
      const labels: Labels = { plan: 'shop', repository: 'repo1' };
      const kept: ProbeContext['kept'] = async (name) => [
        {
          labels: name === metric('confirmed') ? labels : {},
          points: [{ at: clock.now() - hour, value: 2 ** 52 }],
        },
      ];
      await command('/bin/true');
      const wentBack = open(kept, () => [shop]);
      const setBack = open(undefined, () => [shop], behind);
      try {
        assert.deepEqual(plansIn((await wentBack.look()).outcome), ['shop']);
        later += hour;
        const { age } = await wentBack.look();
        assert.ok(age >= 3_600 && age < 3_660, `what was confirmed in the log before says nothing: ${age}`);
        await command(named);
        assert.deepEqual(plansIn((await setBack.look()).outcome), ['shop']);
        await command('/bin/true');
        past = 2 * hour;
        assert.deepEqual(plansIn((await setBack.look()).outcome), ['shop']);
      } finally {
        await wentBack.close();
        await setBack.close();
      }
    });
  });
});
