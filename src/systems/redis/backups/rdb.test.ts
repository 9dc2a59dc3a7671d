import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { pasted } from '../../../../test/pasted.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { type RedisServer, redisServer, startRedis } from '../../../../test/servers/redis.ts';
import { systemClock } from '../../../clock.ts';
import type { Manifest, Proving, RestoreOrder, Taken } from '../../../core/backup/engine.ts';
import { findProgram } from '../../../machine/tools.ts';
import { connect, type RedisConnection } from '../client.ts';
import { redisConfig } from '../config.ts';
import { readInfo } from '../info.ts';
import { replication } from '../probes/replication.ts';
import type { Ask } from '../session.ts';
import { rdb } from './rdb.ts';

const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };
const secret = 'horse battery % staple';

suite('snapshots of Redis', { skip: missing(redisServer) }, () => {
  let server: RedisServer;
  let root: RedisConnection;
  let conn: RedisConnection;
  let kept: Taken;
  let place: string;
  const folder = temporaryFolder('rdb');
  let number = 0;

  const ask = <T>(job: (ask: Ask) => Promise<T>) => root.session.use(ctx.signal, job);
  const fresh = (name: string) => {
    const path = join(folder, `${name}${++number}`);
    mkdirSync(path, { mode: 0o700 });
    return path;
  };
  const proven = async (where: string, manifest: Manifest, more: object = {}): Promise<Proving> => {
    // No socket could lie so deep.
    const scratch = fresh('s'.repeat(150));
    try {
      return await rdb.prove(
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
  /** A copy to be damaged. */
  const copied = () => {
    const path = fresh('c');
    for (const name of readdirSync(place)) writeFileSync(join(path, name), readFileSync(join(place, name)));
    return path;
  };

  before(async () => {
    chmodSync(folder, 0o711);
    server = await startRedis({ settings: { 'repl-diskless-sync-delay': 0 } });
    root = connect(redisConfig.parse({ url: server.url }));
    await ask(async (say) => {
      for (let id = 0; id < 500; id++) await say('SET', `user:${id}`, `name ${id}`);
      await say('HSET', 'cart:1', 'apple', 2, 'pear', 1);
      await say('RPUSH', 'jobs', 'a', 'b', 'c');
      await say('SADD', 'tags', 'x', 'y', 'z');
      await say('ZADD', 'scores', 1, 'ann', 2, 'bob');
      await say('XADD', 'events', '1-1', 'kind', 'paid');
      await say('SET', 'session:1', 'soon', 'PX', 300);
      await say('SET', 'session:2', 'later', 'EX', 3600);
      await say('SELECT', 3);
      await say('SET', 'other', 'database');
      await say('SELECT', 0);
      // Exactly what is told to be enough.
      const rights = /upkeep (.*)/.exec(rdb.privileges)?.[1]?.split(' ') ?? [];
      const known = ['+ping', '+info', '+select', '+client|setname'];
      await say('ACL', 'SETUSER', 'upkeep', 'on', `>${secret}`, 'resetkeys', '-@all', ...known, ...rights);
    });
    conn = connect(
      redisConfig.parse({ url: `redis://upkeep:${encodeURIComponent(secret)}@127.0.0.1:${server.port}` }),
    );
    place = fresh('b');
    kept = await rdb.take(conn, { folder: place }, ctx);
  });
  after(async () => {
    await conn.session.close();
    await root.session.close();
    await server.stop();
    removeFolder(folder);
  });

  test('what was taken with the least rights is loaded and is the same, also when something expired since', async () => {
    assert.match(kept.detail, /^50[78] keys, \d{2,3} compared$/);
    const everything = readdirSync(place).map((name) => readFileSync(join(place, name), 'latin1'));
    assert.equal(everything.join().includes(secret), false);
    const modes = readdirSync(place).map((name) => (statSync(join(place, name)).mode & 0o777).toString(8));
    assert.deepEqual(new Set(modes), new Set(['600']), 'nobody else reads it');
    assert.equal(JSON.stringify(kept.manifest).includes('user:'), false, 'names of keys are no manifest');
    const smoke = [{ query: 'EXISTS user:499' }, { query: `EVAL "return redis.call('DBSIZE') > 400" 0` }];
    const proof = await proven(place, kept.manifest, { smoke });
    assert.deepEqual(
      levels(proof),
      [0, 1, 2, 3, 4, 5, 6].map((level) => [level, true]),
      last(proof),
    );
    assert.ok(proof.restoredInMs !== null && proof.restoredInMs > 0);
    assert.match(proof.with, /^Redis \d/);
    const no = await proven(place, kept.manifest, { smoke: [{ query: 'EXISTS user:-1' }] });
    assert.deepEqual(levels(no).at(-1), [6, false]);
    assert.match(last(no), /EXISTS user:-1 answers 0 instead of 1/);
  });

  test('it is no full copy that a replica took, though Redis counts it as one', async () => {
    const counted = () => ask(async (say) => (await readInfo(say, 'stats')).number('sync_full') ?? 0);
    const told = async () => {
      const outcome = await replication.run(root, { ...ctx, timeoutMs: 5_000 } as never);
      return outcome.ok && outcome.readings.find(({ metric }) => metric.endsWith('full_syncs'))?.value;
    };
    assert.equal(await told(), 0);
    const before = await counted();
    for (const name of ['one', 'two']) await rdb.take(root, { folder: fresh(name) }, ctx);
    assert.deepEqual([(await counted()) - before, await told()], [2, 0]);
  });

  test('keys that are written while it is taken are not compared, the others are', async () => {
    const where = fresh('b');
    let isOver = false;
    const writer = (async () => {
      for (let at = 0; !isOver; at++) await ask((say) => say('SET', `user:${at % 250}`, `changed ${at}`));
    })();
    const { manifest } = await rdb.take(conn, { folder: where }, ctx);
    isOver = true;
    await writer;
    const proof = await proven(where, manifest);
    assert.deepEqual(levels(proof).at(-1), [5, true], last(proof));
    const sample = JSON.parse(readFileSync(join(where, 'sample.json'), 'utf8')) as { key: string }[];
    assert.ok(sample.length > 10);
  });

  test('without a server to restore into nothing is said against the snapshot', async () => {
    const path = process.env.PATH;
    const tools = fresh('bin');
    for (const name of ['redis-check-rdb', 'setpriv'])
      symlinkSync(findProgram(name) ?? '', join(tools, name));
    process.env.PATH = tools;
    try {
      const proof = await proven(place, kept.manifest);
      const [failed] = proof.looks.slice(-1);
      assert.deepEqual([failed?.level, failed?.good, failed?.notRun], [3, false, true], last(proof));
    } finally {
      process.env.PATH = path;
    }
  });

  test('flipped bytes, a cut file, a missing one and a strange size are seen without a restore', async () => {
    const flipped = copied();
    const file = join(flipped, 'dump.rdb');
    const bytes = readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(300) ^ 255, 300);
    writeFileSync(file, bytes);
    const proof = await proven(flipped, kept.manifest);
    assert.deepEqual(levels(proof), [
      [0, true],
      [1, false],
    ]);
    assert.match(last(proof), /dump\.rdb has another checksum/);
    truncateSync(file, bytes.length - 100);
    assert.match(last(await proven(flipped, kept.manifest)), /bytes instead of/);
    rmSync(file);
    const without = await proven(flipped, kept.manifest);
    assert.match(last(without), /dump\.rdb is missing/);
    assert.deepEqual(levels(without), [[0, false]]);
    const large = await proven(place, kept.manifest, { usualBytes: [1e9] });
    assert.match(String(large.looks[0]?.remark), /% of the usual size$/);
    assert.equal(large.looks.length > 3 && large.looks.every(({ good }) => good), true, 'the proof went on');
  });

  test('a snapshot that was damaged before it was summed is seen by Redis itself; one that lacks keys by counting', async () => {
    const damaged = copied();
    const file = join(damaged, 'dump.rdb');
    truncateSync(file, readFileSync(file).length - 40);
    const { files } = kept.manifest as { files: Record<string, { bytes: number; sha256: string }> };
    const { sha256OfFile } = await import('../../../machine/file-sums.ts');
    const sha256 = await sha256OfFile(file, ctx.signal);
    const lying = { ...files, 'dump.rdb': { bytes: readFileSync(file).length, sha256 } };
    const cut = await proven(damaged, { ...kept.manifest, files: lying });
    assert.deepEqual(levels(cut).at(-1), [1, false]);
    // Which words it says it with depends on the byte that the cut fell on.
    assert.match(last(cut), /redis-check-rdb: .*(EOF|CRC|RDB reading)/);
    const fewer = await proven(place, { ...kept.manifest, keys: Number(kept.manifest.keys) + 1 });
    assert.deepEqual(levels(fewer).at(-1), [5, false]);
    assert.match(last(fewer), /keys without expiry instead of/);
    const other = await proven(place, { ...kept.manifest, libraries: 2 });
    assert.match(last(other), /0 libraries of functions instead of 2/);
  });

  test('a value that is not the one that was there is seen', async () => {
    const changed = copied();
    const file = join(changed, 'sample.json');
    const sample = JSON.parse(readFileSync(file, 'utf8')) as { key: string; sum: string }[];
    writeFileSync(
      file,
      JSON.stringify(sample.map((one, at) => (at === 0 ? { ...one, sum: 'another' } : one))),
    );
    const { readFileSums } = await import('../../../machine/file-sums.ts');
    const { 'manifest.json': _own, ...files } = await readFileSums(changed, ctx.signal);
    const proof = await proven(changed, { ...kept.manifest, files });
    assert.deepEqual(levels(proof).at(-1), [5, false]);
    assert.match(last(proof), /^a sampled key has another value \(database \d\)$/);
  });

  test('where its data lies is seen, also by a role that may not read the configuration', async () => {
    const { data, needs } = (await rdb.needs?.(conn, { folder }, ctx)) ?? {};
    assert.equal(data, readlinkSync(`/proc/${server.pid}/cwd`));
    assert.deepEqual(needs, []);
  });

  test('it is restored into an empty folder, from which a server starts; nowhere else', async () => {
    const order = (into: RestoreOrder['into'], until: number | null = null) => ({
      ...{ folder: place, manifest: kept.manifest, into, until },
    });
    const into = { kind: 'folder', folder: join(folder, 'restored') } as const;
    const plan = await rdb.planRestore?.(conn, order(into), ctx);
    assert.equal(plan?.impossible, null);
    assert.equal(plan?.reaches, kept.manifest.at);
    assert.match(plan?.losses[0] ?? '', /^what was written since/);
    assert.equal(existsSync(into.folder), false, 'a plan does nothing');
    const restored = await rdb.restore?.(conn, order(into), ctx);
    assert.equal(restored?.at, join(into.folder, 'dump.rdb'));
    assert.equal(pasted(plan?.steps ?? [], 'GET user:42'), 'name 42');
    const again = await startRedis({ settings: { dir: into.folder } });
    try {
      const there = connect(redisConfig.parse({ url: again.url }));
      assert.equal(await there.session.use(ctx.signal, (say) => say('GET', 'user:42')), 'name 42');
      await there.session.close();
    } finally {
      await again.stop();
    }
    for (const [wrong, words] of [
      [order(into), /is not empty/],
      [order({ kind: 'over' }), /redis\.rdb restores into a folder, not over what lives/],
      [order({ kind: 'folder', folder: 'here' }), /write the whole path/],
      [
        order({ kind: 'folder', folder: join(folder, 'n') }, Number(kept.manifest.at) - 60_000),
        /taken 1 m.* after that moment/,
      ],
    ] as const) {
      assert.match((await rdb.planRestore?.(conn, wrong, ctx))?.impossible ?? '', words);
      await assert.rejects(async () => rdb.restore?.(conn, wrong, ctx), words);
    }
    const damaged = copied();
    writeFileSync(join(damaged, 'dump.rdb'), 'no snapshot');
    const elsewhere = { kind: 'folder', folder: join(folder, 'never') } as const;
    await assert.rejects(
      async () => rdb.restore?.(conn, { ...order(elsewhere), folder: damaged }, ctx),
      /another checksum/,
    );
    assert.equal(existsSync(elsewhere.folder), false, 'nothing half done is left');
  });

  test('nothing is left of a proof that is cut off, and a wrong password is told without it', async () => {
    const stop = new AbortController();
    const scratch = fresh('s');
    const progress = (text: string) => {
      if (text.startsWith('comparing')) stop.abort(new Error('enough'));
    };
    await assert.rejects(
      rdb.prove(
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
    const wrong = connect(redisConfig.parse({ url: `redis://upkeep:no@127.0.0.1:${server.port}` }));
    await assert.rejects(rdb.take(wrong, { folder: fresh('b') }, ctx), /WRONGPASS/);
    await wrong.session.close();
  });
});
