import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { systemClock } from '../../../clock.ts';
import type { Manifest, Proving } from '../../../core/backup/engine.ts';
import { close, connect, type PostgresConnection } from '../client.ts';
import { postgresConfig } from '../config.ts';
import { logical } from './logical.ts';

const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };

suite('logical backups of PostgreSQL', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let conn: PostgresConnection;
  const folder = temporaryFolder('logical');
  let number = 0;

  before(async () => {
    // The account that the scratch server runs as must pass through.
    chmodSync(folder, 0o711);
    server = await startPostgres();
    await server.query(
      'CREATE TABLE orders (id bigint PRIMARY KEY, paid numeric, note text, at timestamptz DEFAULT now())',
    );
    await server.query("INSERT INTO orders SELECT i, i * 1.25, 'note ' || i FROM generate_series(1, 5000) i");
    await server.query(
      'CREATE INDEX ON orders (paid); CREATE MATERIALIZED VIEW sums AS SELECT sum(paid) FROM orders',
    );
    await server.query('CREATE SEQUENCE numbers; CREATE ROLE reader; GRANT SELECT ON orders TO reader');
    conn = connect(postgresConfig.parse({ url: server.url }));
  });
  after(async () => {
    await close(conn);
    await server.stop();
    removeFolder(folder);
  });

  const taken = async () => {
    const place = join(folder, `b${++number}`);
    mkdirSync(place, { mode: 0o700 });
    return { place, ...(await logical.take(conn, { folder: place }, ctx)) };
  };
  const proven = async (place: string, manifest: Manifest, more: object = {}): Promise<Proving> => {
    // No socket could lie so deep.
    const scratch = join(folder, `${'s'.repeat(150)}${++number}`);
    mkdirSync(scratch, { mode: 0o700 });
    try {
      return await logical.prove(
        conn,
        { folder: place, manifest, scratch, usualBytes: [], smoke: [], ...more },
        ctx,
      );
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  };
  const levels = ({ looks }: Proving) => looks.map(({ level, good }) => [level, good]);
  const last = ({ looks }: Proving) => looks.at(-1)?.detail ?? '';

  test('what was taken while rows were written is restored as of its snapshot, row for row', async () => {
    let isOver = false;
    const writer = (async () => {
      for (let id = 10_000; !isOver; id++) await server.query(`INSERT INTO orders VALUES (${id}, 1, 'late')`);
    })();
    const { place, manifest, detail, bytes } = await taken();
    isOver = true;
    await writer;
    assert.match(detail, /^1 table, 5,\d{3} rows$/);
    assert.ok(bytes > 10_000);
    assert.equal(
      JSON.stringify(manifest).includes(new URL(server.url).password || 'no password at all'),
      false,
    );
    const proof = await proven(place, manifest, {
      smoke: [
        { query: 'SELECT count(*) >= 5000 FROM orders' },
        { query: "SELECT has_table_privilege('reader', 'orders', 'SELECT')" },
      ],
    });
    assert.deepEqual(
      levels(proof),
      [0, 1, 2, 3, 4, 5, 6].map((level) => [level, true]),
      last(proof),
    );
    assert.ok(proof.restoredInMs !== null && proof.restoredInMs > 0);
    assert.match(proof.with, /^PostgreSQL \d/);
  });

  test('flipped bytes, a missing file and a file too many are seen before anything is restored', async () => {
    const { place, manifest } = await taken();
    const file = join(
      place,
      'dump',
      readdirSync(join(place, 'dump')).find((name) => name.endsWith('.gz')) ?? '',
    );
    const whole = readFileSync(file);
    const broken = Buffer.from(whole);
    broken.writeUInt8(broken.readUInt8(20) ^ 255, 20);
    writeFileSync(file, broken);
    const flipped = await proven(place, manifest);
    assert.deepEqual(levels(flipped), [
      [0, true],
      [1, false],
    ]);
    assert.match(last(flipped), /has another checksum than when it was written/);
    rmSync(file);
    assert.match(last(await proven(place, manifest)), /is missing/);
    writeFileSync(file, whole);
    writeFileSync(join(place, 'stray'), 'x');
    assert.match(last(await proven(place, manifest)), /stray was not written by this backup/);
    rmSync(join(place, 'stray'));
    const grown = await proven(place, manifest, { usualBytes: [1_000, 1_000] });
    assert.match(String(grown.looks[0]?.remark), /^\d+ times the usual size$/);
    assert.equal(grown.looks.length > 4 && grown.looks.every(({ good }) => good), true, 'it was restored');
  });

  test('a dump that lacks rows, a schema that differs, and a smoke query that says no', async () => {
    const { place, manifest } = await taken();
    const content = (manifest.content as { table: string; rows: string; sum: string }[]).map((one) =>
      one.table === 'public.orders' ? { ...one, rows: `${Number(one.rows) + 1}` } : one,
    );
    const fewer = await proven(place, { ...manifest, content });
    assert.deepEqual(levels(fewer).at(-1), [5, false]);
    assert.match(last(fewer), /^public\.orders has \d+ rows instead of \d+$/);
    const other = await proven(place, { ...manifest, schema: 'another' });
    assert.deepEqual(levels(other).at(-1), [4, false]);
    const no = await proven(place, manifest, { smoke: [{ query: 'SELECT count(*) > 1000000 FROM orders' }] });
    assert.deepEqual(levels(no).at(-1), [6, false]);
    assert.match(last(no), /answers false instead of true/);
  });

  test('nothing is left of a proof, also when it is cut off', async () => {
    const { place, manifest } = await taken();
    const scratch = join(folder, 'cut');
    mkdirSync(scratch, { mode: 0o700 });
    const stop = new AbortController();
    const proving = logical.prove(
      conn,
      { folder: place, manifest, scratch, usualBytes: [], smoke: [] },
      {
        ...ctx,
        signal: stop.signal,
        progress: (text) => text.startsWith('comparing') && stop.abort(new Error('enough')),
      },
    );
    await assert.rejects(proving, /enough/);
    const pid = Number(
      existsSync(join(scratch, 'server/data/postmaster.pid'))
        ? readFileSync(join(scratch, 'server/data/postmaster.pid'), 'utf8').split('\n')[0]
        : 0,
    );
    if (pid > 0) assert.throws(() => process.kill(pid, 0), 'the scratch server runs on');
  });

  test('a server that cannot be reached fails with its own words', async () => {
    const elsewhere = connect(postgresConfig.parse({ url: 'postgres://upkeep@127.0.0.1:1/shop' }));
    await assert.rejects(logical.take(elsewhere, { folder }, ctx), /ECONNREFUSED/);
    await close(elsewhere);
  });
});
