import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { pasted } from '../../../../test/pasted.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { eventually } from '../../../../test/try-target.ts';
import { systemClock } from '../../../clock.ts';
import type { Proving } from '../../../core/backup/engine.ts';
import { type Heartbeat, withBeat } from '../../../core/backup/rpo.ts';
import { close, connect, type PostgresConnection } from '../client.ts';
import { postgresConfig } from '../config.ts';
import { recoveryPointProbe } from '../probes/recovery-point.ts';
import { plain } from './plain.ts';
import type { PlainManifest } from './plain-manifest.ts';

const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };
const baseBackup = { ...postgresServer, name: 'pg_basebackup' };

suite('plain backups of PostgreSQL', { skip: missing(postgresServer, baseBackup) }, () => {
  let server: PostgresServer;
  let conn: PostgresConnection;
  const folder = temporaryFolder('plain');
  const shop = join(folder, 'shop');
  const following = new AbortController();
  let follower: Promise<unknown>;
  let beats: Heartbeat[] = [];
  let number = 0;
  let first: Awaited<ReturnType<typeof taken>>;

  const insert = (note: string) =>
    server.query('INSERT INTO orders (note) SELECT $1::text FROM generate_series(1, 100)', [note]);
  const taken = async () => {
    const place = join(shop, `b${++number}`);
    mkdirSync(place, { mode: 0o700, recursive: true });
    const said: string[] = [];
    const telling = { ...ctx, progress: (text: string) => void said.push(text) };
    return { place, said, ...(await plain.take(conn, { folder: place }, telling)) };
  };
  const proven = async (place: string, manifest: object, more: object = {}): Promise<Proving> => {
    // No socket could lie so deep.
    const scratch = join(folder, `${'s'.repeat(150)}${++number}`);
    mkdirSync(scratch, { mode: 0o700 });
    const order = { folder: place, manifest: { ...manifest }, scratch, usualBytes: [], smoke: [], ...more };
    try {
      return await plain.prove(conn, order, ctx);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  };
  const levels = ({ looks }: Proving) =>
    looks.map(({ level, good }) => `${level}${good ? '' : ' red'}`).join(' ');
  const last = ({ looks }: Proving) => looks.at(-1)?.detail ?? '';
  const probe = async () => {
    const outcome = await recoveryPointProbe.run(conn, {
      ...{ signal: AbortSignal.timeout(60_000), timeoutMs: 60_000, clock: systemClock },
      increase: () => undefined,
    });
    assert.ok(outcome.ok);
    const of = (name: string) => outcome.readings.find(({ metric }) => metric.endsWith(name));
    return { outcome, lsn: of('.lsn')?.value ?? 0, writes: of('.transactions')?.value ?? 0, age: of('.age') };
  };
  /** A heartbeat, and what was written up to it received. */
  const beat = async () => {
    const at = Date.now();
    const { lsn, writes } = await probe();
    beats = withBeat(beats, { at, lsn, writes }, 86_400_000);
    await eventually(
      () =>
        server.query('SELECT restart_lsn >= $1::pg_lsn AS good FROM pg_replication_slots', [
          `0/${lsn.toString(16)}`,
        ]),
      ([row]) => row?.good === true,
    );
    return at;
  };

  before(async () => {
    chmodSync(folder, 0o711);
    server = await startPostgres({ checksums: true });
    await server.query(
      'CREATE TABLE orders (id bigserial PRIMARY KEY, note text, at timestamptz DEFAULT now())',
    );
    await server.query('CREATE ROLE copier LOGIN REPLICATION IN ROLE pg_read_all_data');
    await insert('first');
    const url = new URL(server.url);
    url.username = 'copier';
    conn = connect(postgresConfig.parse({ url: url.href }));
    follower =
      plain
        .follow?.(conn, { folder: join(shop, 'next') }, { ...ctx, signal: following.signal })
        .catch((error: unknown) => error) ?? Promise.resolve();
    await eventually(
      () => server.query('SELECT active FROM pg_replication_slots'),
      ([row]) => row?.active === true,
    );
    first = await taken();
  });
  after(async () => {
    following.abort(new Error('over'));
    assert.match(String(await follower), /over/, 'the log was read to the end of the test');
    await close(conn);
    await server.stop();
    removeFolder(folder);
  });

  test('what was copied is restored to the place that was counted, row for row, by a role that may only copy and read', async () => {
    assert.equal(first.detail, '1 table, 100 rows');
    assert.match(first.said.join('\n'), /^copying the cluster of .* with pg_basebackup .*: 100 %$/m);
    await insert('after the copy');
    const proof = await proven(first.place, first.manifest, {
      smoke: [{ query: 'SELECT count(*) = 100 FROM orders' }],
    });
    assert.equal(levels(proof), '0 1 2 3 4 5 6', last(proof));
    assert.ok(proof.restoredInMs !== null && proof.restoredInMs > 0);
    const [, , , restored] = proof.looks;
    assert.ok(restored?.measured && restored.measured.bytes > 1e6 && restored.measured.logBytes > 0);
  });

  test('any moment since can be restored, proven by heartbeats from outside; what is lost is measured', async () => {
    await insert('before');
    const reached = await beat();
    const until = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await insert('too late');
    await beat();
    const [row] = await server.query("SELECT count(*)::int AS n FROM orders WHERE note <> 'too late'");
    const smoke = [{ query: `SELECT count(*) = ${row?.n} AND bool_and(note <> 'too late') FROM orders` }];
    const proof = await proven(first.place, first.manifest, { until, heartbeats: beats, smoke });
    assert.equal(levels(proof), '0 1 2 3 4 5 6', last(proof));
    assert.match(proof.looks[3]?.detail ?? '', /stopped before commit of transaction/);
    assert.match(proof.looks[5]?.detail ?? '', /past the heartbeat/);
    assert.equal(proof.looks[3]?.measured?.lostMs, until - reached);

    // Nobody writes after it: the end of the log is that moment.
    const idle = await beat();
    const quiet = await proven(first.place, first.manifest, { until: idle + 1, heartbeats: beats });
    assert.equal(levels(quiet), '0 1 2 3 4 5', last(quiet));
    assert.match(quiet.looks[3]?.detail ?? '', /to the end of the log/);

    // A heartbeat of what the log does not hold.
    const ahead: Heartbeat = { at: until, lsn: (beats.at(-1)?.lsn ?? 0) + 1e9, writes: 1e9 };
    const lost = await proven(first.place, first.manifest, { until, heartbeats: [ahead] });
    assert.equal(levels(lost), '0 1 2 3 4 5 red');
    assert.match(last(lost), /what was committed until then is lost/);
  });

  test('a restore says before what it would lose, goes into a folder, and is a server again there', async () => {
    await insert('kept');
    const until = await beat();
    await insert('gone');
    await beat();
    const into = { kind: 'folder', folder: join(folder, 'restored'.repeat(20)) } as const;
    const { place, manifest } = first;
    const order = { folder: place, manifest, into, until, heartbeats: beats };
    const plan = await plain.planRestore?.(conn, order, ctx);
    assert.equal(plan?.impossible, null);
    assert.match(plan?.losses[0] ?? '', /^what was committed since \d{4}-/);
    assert.ok(!existsSync(into.folder), 'a plan does nothing');
    const { endedAt } = manifest as PlainManifest;
    const early = await plain.planRestore?.(conn, { ...order, until: endedAt - 1_000 }, ctx);
    assert.match(early?.impossible ?? '', /this copy was whole at/);
    const done = await plain.restore?.(conn, order, ctx);
    assert.equal(done?.at, into.folder);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('restored')),
      ['restored'.repeat(20)],
    );
    assert.ok(!existsSync(join(into.folder, 'recovery.signal')));
    const rows = pasted(plan?.steps ?? [], "SELECT count(*) FROM orders WHERE note = 'gone'");
    assert.match(rows, /count\s+-+\s+0\s/, 'what was restored answers to the commands that are said');
    assert.equal(statSync(into.folder).uid, statSync(join(server.folder, 'data')).uid);
    await assert.rejects(plain.restore?.(conn, order, ctx) ?? Promise.resolve(), /is not empty/);
  });

  test('flipped bytes, a changed manifest, a missing file of the log and one that cannot be read turn their level red', async () => {
    const wal = join(shop, 'wal');
    await insert('more');
    await server.query('SELECT pg_switch_wal()');
    await insert('and more');
    await server.query('SELECT pg_switch_wal()');
    await insert('the end');
    await beat();
    const until = Date.now();
    const { place, manifest } = first;
    const flipped = join(place, 'data/base/1/1259');
    const flip = (file: string, at: number) => {
      const bytes = readFileSync(file);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 255, at);
      writeFileSync(file, bytes);
    };
    flip(flipped, 5_000);
    const damaged = await proven(place, manifest);
    assert.equal(levels(damaged), '0 1 red');
    assert.match(last(damaged), /1259/);
    flip(flipped, 5_000);
    const other = await proven(place, { ...manifest, manifestSha256: 'other' });
    assert.match(last(other), /backup_manifest has another checksum/);

    const whole = readdirSync(wal)
      .filter((name) => /^[0-9A-F]{24}$/.test(name))
      .sort();
    const middle = join(wal, whole.at(-2) ?? '');
    renameSync(middle, `${middle}.away`);
    const gap = await proven(place, manifest);
    assert.equal(levels(gap), '0 1 2 red');
    assert.match(last(gap), new RegExp(whole.at(-2) ?? 'nothing'));
    renameSync(`${middle}.away`, middle);
    const newest = join(wal, whole.at(-1) ?? '');
    renameSync(newest, `${newest}.away`);
    assert.equal(levels(await proven(place, manifest)), '0 1 2 red', 'the server knows that it was received');
    renameSync(`${newest}.away`, newest);

    const torn = readFileSync(middle);
    torn.fill(0, 0, 200_000);
    const kept = readFileSync(middle);
    writeFileSync(middle, torn);
    const unread = await proven(place, manifest, { until, heartbeats: beats });
    assert.equal(levels(unread), '0 1 2 red');
    writeFileSync(middle, kept);
  });

  test('what would be lost is a matter of seconds while the log is read, by the slot alone', async () => {
    await insert('now');
    await beat();
    const { age } = await probe();
    assert.deepEqual(age?.labels, { repository: 'upkeep_shop' });
    assert.ok((age?.value ?? 99) < 60, `${age?.value}`);
  });

  test('a server with a broken page cannot be copied, and says which', async () => {
    await server.query('CHECKPOINT');
    const [row] = await server.query("SELECT pg_relation_filepath('orders') AS path");
    const file = join(server.folder, 'data', String(row?.path));
    const bytes = readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(4_000) ^ 255, 4_000);
    writeFileSync(file, bytes);
    await assert.rejects(taken(), /checksum verification failed/);
  });
});
