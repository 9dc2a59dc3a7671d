import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { typed } from '../../../../test/pasted.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { type MariadbServer, mariadbServer, startMariadb } from '../../../../test/servers/mariadb.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { systemClock } from '../../../clock.ts';
import type { Manifest, Proving, RestoreOrder, Taken } from '../../../core/backup/engine.ts';
import { readFileSums } from '../../../machine/file-sums.ts';
import { close, connect, type MysqlConnection } from '../client.ts';
import { mysqlConfig } from '../config.ts';
import { mysqldump } from './mysqldump.ts';

const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };
const secret = 'horse battery % staple';

suite('dumps of MariaDB', { skip: missing(mariadbServer) }, () => {
  let server: MariadbServer;
  let conn: MysqlConnection;
  let root: MysqlConnection;
  let kept: Taken;
  let place: string;
  let written = 0;
  const folder = temporaryFolder('mysqldump');
  let number = 0;

  const fresh = (name: string) => {
    const path = join(folder, `${name}${++number}`);
    mkdirSync(path, { mode: 0o700 });
    return path;
  };
  const proven = async (where: string, manifest: Manifest, more: object = {}): Promise<Proving> => {
    // No socket could lie so deep.
    const scratch = fresh('s'.repeat(150));
    try {
      return await mysqldump.prove(
        conn,
        { folder: where, manifest, scratch, usualBytes: [], smoke: [], ...more },
        ctx,
      );
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  };
  const levels = ({ looks }: Proving) => looks.map(({ level, good }) => [level, good]);
  const last = ({ looks }: Proving) => looks.at(-1)?.detail ?? '';
  const copied = () => {
    const path = fresh('c');
    for (const name of readdirSync(place)) writeFileSync(join(path, name), readFileSync(join(place, name)));
    return path;
  };

  before(async () => {
    chmodSync(folder, 0o711);
    server = await startMariadb({
      setup: [
        'CREATE TABLE orders (id bigint PRIMARY KEY AUTO_INCREMENT, paid decimal(12,2), share float, note text, raw blob, flags bit(3), doc json, at timestamp(3) NULL) CHARACTER SET utf8mb4',
        "INSERT INTO orders (paid, share, note, raw, flags, doc, at) SELECT seq * 1.25, seq / 7, CONCAT('note é ', seq, '\\r\\n'), UNHEX(SHA1(seq)), seq % 8, JSON_OBJECT('n', seq), FROM_UNIXTIME(1700000000 + seq) FROM seq_1_to_2000",
        'INSERT INTO orders (paid) VALUES (NULL)',
        'CREATE TABLE `odd ``name` (`a b` varchar(20)) CHARACTER SET latin1',
        "INSERT INTO `odd ``name` VALUES ('ü'), (NULL), ('')",
        'CREATE TABLE loose (id int) ENGINE=MyISAM',
        'CREATE VIEW large AS SELECT id FROM orders WHERE paid > 100',
        'CREATE TABLE audit (id bigint)',
        'CREATE TRIGGER told AFTER INSERT ON orders FOR EACH ROW INSERT INTO audit VALUES (NEW.id)',
        'CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN n * 2',
        'CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM audit',
        `CREATE USER upkeep@'127.0.0.1' IDENTIFIED BY '${secret}'`,
        // Exactly what is told to be enough.
        ...mysqldump.privileges
          .replace(/; --.*/, '')
          .split('; ')
          .map((grant) => grant.replace(/TO upkeep$/, "TO upkeep@'127.0.0.1'")),
      ],
    });
    conn = connect(mysqlConfig.parse({ url: server.urlFor('upkeep', secret) }));
    root = connect(mysqlConfig.parse({ url: server.url }));
    place = fresh('b');
    // Writers go on while it is taken.
    const client = await server.login();
    let isOver = false;
    const writer = (async () => {
      for (; !isOver; written++) await client.query("INSERT INTO orders (paid, note) VALUES (1, 'late')");
    })();
    kept = await mysqldump.take(conn, { folder: place }, ctx);
    isOver = true;
    await writer;
    await client.end();
  });
  after(async () => {
    await close(conn);
    await close(root);
    await server.stop();
    removeFolder(folder);
  });

  test('a full disk fails the dump by its name, and the writers go on', async () => {
    const full = fresh('full');
    symlinkSync('/dev/full', join(full, 'dump.sql.gz'));
    await assert.rejects(
      mysqldump.take(conn, { folder: full }, ctx),
      /^Error: the disk that .*dump\.sql\.gz lies on is full/,
    );
    await server.query('INSERT INTO audit VALUES (0)');
    await server.query('DELETE FROM audit WHERE id = 0');
  });

  test('what was taken with the least rights while rows were written is restored as of its snapshot', async () => {
    assert.match(
      kept.detail,
      /^4 tables, \d,\d{3} rows; 1 table of an engine without snapshots not compared$/,
    );
    assert.ok(written > 3, 'writers went on');
    const everything = readdirSync(place).map((name) => readFileSync(join(place, name), 'latin1'));
    assert.equal(everything.join().includes(secret), false);
    const smoke = [{ query: 'SELECT count(*) >= 2001 FROM orders' }, { query: 'SELECT twice(4) = 8' }];
    const proof = await proven(place, kept.manifest, { smoke });
    assert.deepEqual(
      levels(proof),
      [0, 1, 2, 3, 4, 5, 6].map((level) => [level, true]),
      last(proof),
    );
    assert.ok(proof.restoredInMs !== null && proof.restoredInMs > 0);
    assert.match(proof.with, /^MariaDB 1\d/);
  });

  test('flipped bytes, a cut dump, a file too many and a strange size are seen without a restore', async () => {
    const damaged = copied();
    const file = join(damaged, 'dump.sql.gz');
    const whole = readFileSync(file);
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(flipped.readUInt8(5_000) ^ 255, 5_000);
    writeFileSync(file, flipped);
    const proof = await proven(damaged, kept.manifest);
    assert.deepEqual(levels(proof), [
      [0, true],
      [1, false],
    ]);
    assert.match(last(proof), /dump\.sql\.gz has another checksum/);
    writeFileSync(file, whole);
    truncateSync(file, whole.length - 50);
    assert.match(last(await proven(damaged, kept.manifest)), /bytes instead of/);
    writeFileSync(file, whole);
    writeFileSync(join(damaged, 'stray'), 'x');
    assert.match(last(await proven(damaged, kept.manifest)), /stray was not written by this backup/);
    const odd = await proven(place, kept.manifest, { usualBytes: [1e9], withoutRestore: true });
    assert.match(String(odd.looks[0]?.remark), /% of the usual size$/);
    assert.deepEqual(levels(odd), levels(await proven(place, kept.manifest, { withoutRestore: true })));
  });

  test('a dump that was cut before it was summed fails its restore', async () => {
    const damaged = copied();
    truncateSync(join(damaged, 'dump.sql.gz'), 20_000);
    const { 'manifest.json': _own, ...files } = await readFileSums(damaged, ctx.signal);
    const proof = await proven(damaged, { ...kept.manifest, files });
    assert.deepEqual(levels(proof).at(-1), [3, false]);
    assert.match(last(proof), /unexpected end of file/);
    assert.equal(proof.restoredInMs, null);
  });

  test('a row less, other rows and another schema are seen', async () => {
    type Content = { table: string; rows: string; sum: string }[];
    const changed = (change: (one: Content[number]) => object) =>
      (kept.manifest.content as Content).map((one) =>
        one.table === 'orders' ? { ...one, ...change(one) } : one,
      );
    const fewer = changed(({ rows }) => ({ rows: `${Number(rows) + 1}` }));
    const proof = await proven(place, { ...kept.manifest, content: fewer });
    assert.deepEqual(levels(proof).at(-1), [5, false]);
    assert.match(last(proof), /^orders has \d+ rows instead of \d+$/);
    const schema = await proven(place, { ...kept.manifest, schema: 'another' });
    assert.deepEqual(levels(schema).at(-1), [4, false]);
  });

  test('where its data lies is seen, so that a backup on the same disk is told', async () => {
    const { data } = (await mysqldump.needs?.(conn, { folder }, ctx)) ?? {};
    const [row] = await server.query("SHOW VARIABLES LIKE 'datadir'");
    assert.ok(data && data === row?.Value, String(data));
  });

  test('it is restored into a new database beside the living one, or into a folder; nowhere else', async () => {
    const order = (into: RestoreOrder['into']) => ({
      ...{ folder: place, manifest: kept.manifest, into, until: null },
    });
    const into = { kind: 'database', name: 'shop_restored' } as const;
    const plan = await mysqldump.planRestore?.(root, order(into), ctx);
    assert.deepEqual([plan?.impossible, plan?.reaches], [null, kept.manifest.at]);
    const databases = async () => (await server.query('SHOW DATABASES')).map((row) => row.Database);
    assert.equal((await databases()).includes(into.name), false, 'a plan does nothing');
    const said: string[] = [];
    const telling = { ...ctx, progress: (text: string) => void said.push(text) };
    const restored = await mysqldump.restore?.(root, order(into), telling);
    assert.match(said.join('\n'), /^loading shop_restored: 100 %$/m);
    assert.match(restored?.at ?? '', /database shop_restored on the same server/);
    const [row] = await server.query('SELECT COUNT(*) AS found, MIN(note) AS note FROM shop_restored.orders');
    const { rows } = (kept.manifest.content as { table: string; rows: string }[]).find(
      ({ table }) => table === 'orders',
    ) ?? { rows: '0' };
    assert.equal(row?.found, Number(rows));
    const events = await server.query('SELECT EVENT_SCHEMA AS name FROM information_schema.EVENTS');
    assert.deepEqual(
      events.map(({ name }) => name),
      ['shop'],
      'no event runs twice',
    );
    for (const [wrong, words] of [
      [order(into), /there is a database shop_restored already/],
      [order({ kind: 'database', name: 'shop`; x' }), /is no name for a database/],
      [order({ kind: 'over' }), /restores into a new database or a folder, not over what lives/],
    ] as const)
      await assert.rejects(async () => mysqldump.restore?.(root, wrong, ctx), words);
    await assert.rejects(
      async () => mysqldump.restore?.(conn, order({ kind: 'database', name: 'mine' }), ctx),
      /denied/,
    );
    const out = join(folder, 'out');
    assert.equal(
      typed(plan?.steps ?? [], 'look into it', 'SELECT COUNT(*) FROM orders'),
      `COUNT(*)\n${rows}`,
    );
    typed(plan?.steps ?? [], 'then lead the application to shop_restored, or drop it', '');
    const intoFolder = order({ kind: 'folder', folder: out });
    const { steps = [] } = (await mysqldump.planRestore?.(root, intoFolder, ctx)) ?? {};
    await mysqldump.restore?.(root, intoFolder, ctx);
    assert.equal(typed(steps, 'load it into a new database', ''), '');
    const count = 'SELECT COUNT(*) FROM orders';
    assert.equal(typed(steps, 'look into it', count), `COUNT(*)\n${rows}`);
    assert.match(readFileSync(join(out, 'dump.sql'), 'utf8'), /-- Dump completed\s*$/);
  });

  test('a restore that is not what was backed up is dropped again', async () => {
    const content = [{ table: 'gone', rows: '1', sum: '1', exact: true }];
    const order = {
      ...{ folder: place, manifest: { ...kept.manifest, content }, until: null },
      into: { kind: 'database', name: 'half' },
    } as const;
    await assert.rejects(async () => mysqldump.restore?.(root, order, ctx), /gone is not there/);
    const found = await server.query("SHOW DATABASES LIKE 'half'");
    assert.deepEqual(found, []);
  });

  test('nothing is left of a proof that is cut off; a wrong password and an url without a database are told', async () => {
    const stop = new AbortController();
    const scratch = fresh('s');
    const progress = (text: string) => {
      if (text.startsWith('looking')) stop.abort(new Error('enough'));
    };
    await assert.rejects(
      mysqldump.prove(
        conn,
        { folder: place, manifest: kept.manifest, scratch, usualBytes: [], smoke: [] },
        { ...ctx, signal: stop.signal, progress },
      ),
      /enough/,
    );
    const inside = readdirSync('/proc').filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(scratch);
      } catch {
        return false;
      }
    });
    assert.deepEqual(inside, [], 'the scratch server runs on');
    const wrong = connect(mysqlConfig.parse({ url: server.urlFor('upkeep', 'no') }));
    await assert.rejects(mysqldump.take(wrong, { folder: fresh('b') }, ctx), /Access denied/);
    const none = connect(mysqlConfig.parse({ url: server.url.replace('/shop', '/') }));
    await assert.rejects(mysqldump.take(none, { folder: fresh('b') }, ctx), /names no database/);
    assert.equal(existsSync(join(folder, 'never')), false);
  });
});
