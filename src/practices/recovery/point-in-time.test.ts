/** Any moment of a real PostgreSQL by the whole program: its log read, a random moment restored, and what that took. */
import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { eventually } from '../../../test/try-target.ts';
import type { BackupView, ProofView } from '../../core/backup/view.ts';
import type { BackupList } from '../../verbs/backup/list.ts';
import type { RestoreOutcome } from '../../verbs/backup/restore.ts';

suite('a random moment', { skip: missing(postgresServer) }, () => {
  test('is restored from a copy and the log that Upkeep reads; what it took is kept and foretells the next', async (t) => {
    const folder = temporaryFolder('moment');
    t.after(() => removeFolder(folder));
    chmodSync(folder, 0o711);
    const server = await startPostgres();
    t.after(() => server.stop('SIGQUIT'));
    await server.query('CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 1000) i');
    const served = await serveApp({
      yaml: `
name: shop
timezone: UTC
targets:
  db: { system: postgres, url: "${server.url}", every: 5s }
backups:
  shop: { of: db, engine: postgres.plain, to: "${folder}/kept", scratch: "${folder}", smoke: ["SELECT count(*) >= 1000 FROM orders"] }
  dump: { of: db, engine: postgres.logical, to: "${folder}/dumps", scratch: "${folder}" }
`,
    });
    t.after(() => served.stop());
    const { call, app } = served;
    /** What the check keeps every 30 seconds, sooner. */
    const beat = async () => {
      const at = Date.now();
      const [row] = await server.query(
        `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS lsn,
           pg_snapshot_xmax(pg_current_snapshot())::text::float8 AS transactions, 0 AS age`,
      );
      await app.ctx.samples.append(
        Object.entries(row ?? {}).map(([name, value]) => ({
          ...{ target: 'db', metric: `postgres.recovery_point.${name}`, at, value: Number(value) },
          ...(name === 'age' ? { labels: { repository: 'upkeep_shop', plan: 'shop' } } : {}),
        })),
      );
    };
    await assert.rejects(
      call('backup.verify', { id: 'dump', atRandom: 'yes' }),
      /postgres\.logical keeps no log/,
    );
    await eventually(
      () => server.query("SELECT active FROM pg_replication_slots WHERE slot_name = 'upkeep_shop'"),
      ([row]) => row?.active === true,
    );
    await assert.rejects(
      call('backup.verify', { id: 'shop', atRandom: 'yes' }),
      /no good backup and heartbeat is from before|no heartbeat/,
    );
    const taken = await call<BackupView>('backup.take', { name: 'shop' });
    assert.equal(taken.state, 'good', taken.detail);
    assert.deepEqual([taken.proofs[0]?.level, taken.proofs[0]?.isGood], [6, true]);
    await beat();
    await server.query('INSERT INTO orders VALUES (1001)');
    await beat();
    const proof = await call<ProofView>('backup.verify', { id: 'shop', atRandom: 'yes' });
    assert.equal(proof.isGood, true, proof.looks.at(-1)?.detail);
    assert.match(proof.looks.at(5)?.detail ?? '', /^as of .*: past the heartbeat/);
    const measured = proof.looks[3]?.measured;
    assert.ok(measured?.until && measured.until >= (taken.endedAt ?? 0));
    const { plans, foreign } = await call<BackupList>('backup.list');
    assert.deepEqual(foreign, [], 'the log is no stranger');
    const { trend, log } = plans.find(({ name }) => name === 'shop') ?? {};
    assert.equal(trend?.restores.length, 2);
    assert.ok((trend?.nowMs ?? 0) > 0);
    assert.ok(log);
    const dump = plans.find(({ name }) => name === 'dump');
    assert.deepEqual([dump?.log, dump?.restores], [[], null], 'the log of another brings nothing back here');
    const wish = { of: 'shop', into: `folder:${folder}/back` };
    const planned = await call<RestoreOutcome>('backup.restore', { ...wish, dryRun: 'yes' });
    assert.ok(planned.kind === 'plan');
    assert.equal(planned.plan.impossible, null);
    assert.match(planned.plan.losses[0] ?? '', /^what was committed since /, 'heartbeats say since when');
    assert.deepEqual(readdirSync(folder).sort(), ['kept'], 'no scratch is left');

    await server.query('SELECT pg_switch_wal()');
    const wal = join(folder, 'kept/shop/wal');
    const wholeFiles = () => readdirSync(wal).filter((name) => /^[0-9A-F]{24}$/.test(name));
    const [damaged = ''] = await eventually(
      async () => wholeFiles().toSorted().reverse(),
      (names) => names.length > 0 && readdirSync(wal).some((name) => name.endsWith('.partial')),
    );
    const bytes = readFileSync(join(wal, damaged));
    writeFileSync(join(wal, damaged), bytes.fill(255, 100, 200_000));
    const settings = app.ctx.configuration().backups.find(({ name }) => name === 'shop');
    assert.ok(settings);
    await app.ctx.recovery.look(settings);
    const shop = (await call<BackupList>('backup.list')).plans.find(({ name }) => name === 'shop');
    assert.match(shop?.wrong.join() ?? '', new RegExp(`failed at level 2: .*${damaged}`));
    assert.equal(shop?.restores?.hasLogGap, true);
    assert.ok(readdirSync(join(folder, 'kept/shop')).includes('wal'));
  });
});
