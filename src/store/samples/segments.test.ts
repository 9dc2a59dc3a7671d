/** The embedded engine's journal: torn ends, damage, old stores, full disks, and kills between its steps. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { systemClock } from '../../clock.ts';
import { ByteWriter } from './bytes.ts';
import { Columns } from './columns.ts';
import { envelopeBytes, wrapInPlace } from './envelope.ts';
import { Handles } from './handles.ts';
import { openSampleStore, type SampleStore } from './index.ts';
import { readRecords } from './records.ts';
import { openSqliteTables } from './sqlite.ts';
import { journalFolder } from './sqlite-rows.ts';
import { Writing } from './writing.ts';

const t0 = 1_700_000_000_000;
const metrics = ['a', 'b', 'c'];
const perAppend = 20;

/** The n-th append; each sample's value says its place in the series. */
function batch(n: number) {
  return metrics.flatMap((metric) =>
    Array.from({ length: perAppend }, (_, i) => {
      const place = n * perAppend + i;
      return { target: 'db', metric, at: t0 + place * 1_000, value: place };
    }),
  );
}

function open(file: string, mostPutOff = 0): Promise<SampleStore> {
  const options = { rawMs: 1e13, rollupMs: 1e13, clock: systemClock, pauseMs: 0, mostPutOff };
  return openSampleStore({ kind: 'sqlite', file }, options);
}

/** Places that are stored of each metric, equal for all of them. */
async function storedPlaces(store: SampleStore): Promise<number[]> {
  const all = [];
  for (const metric of metrics) {
    const [found] = await store.range({ target: 'db', metric, from: 0, to: 1e14 });
    assert.deepEqual(
      found?.at,
      found?.values.map((place) => t0 + place * 1_000),
    );
    all.push(found?.values ?? []);
  }
  for (const places of all) assert.deepEqual(places, all[0], 'an append is in all series or in none');
  return all[0] ?? [];
}

function placesOf(appends: readonly number[]): number[] {
  return appends.flatMap((n) => Array.from({ length: perAppend }, (_, i) => n * perAppend + i));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

/** The journal files, oldest first. */
function logs(file: string): string[] {
  const folder = journalFolder(file);
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}

const task = process.env.SAMPLES_SEGMENTS_FILE;

/** Appends and seals with short journal files, so that they change often, until it is killed. */
async function writeForever(file: string): Promise<void> {
  const tables = await openSqliteTables(file, 32_768);
  const writing = new Writing(tables, 100);
  const handles = new Handles();
  await writing.load();
  const [first] = writing.registry.all();
  const known = first ? (writing.registry.heads.newest(first.slot)?.at ?? first.sealedEnd) : t0 - 1_000;
  for (let n = ((known - t0) / 1_000 + 1) / perAppend; ; n++) {
    const samples = batch(n);
    const columns = new Columns(samples.length);
    for (const [i, sample] of samples.entries()) {
      columns.handles[i] = handles.of(sample);
      columns.at[i] = sample.at;
      columns.values[i] = sample.value;
    }
    const now = systemClock.now();
    const definitions = handles.takeDefinitions();
    const { durable } = await writing.append(
      { definitions, count: samples.length, columns: columns.buffer },
      now,
    );
    await durable;
    // writeSync fails where a busy parent has not read yet.
    process.stdout.write(`${n}\n`);
    if (writing.isRipe(now)) await writing.sealSome(now);
  }
}

/** Answers the last acknowledged append. */
async function writeAndKill(file: string, appends: number): Promise<number> {
  const child = spawn(process.execPath, [import.meta.filename], {
    env: { ...process.env, SAMPLES_SEGMENTS_FILE: file, NODE_TEST_CONTEXT: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => {
    output += text;
    if (output.split('\n').length > appends) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'close');
  assert.equal(signal, 'SIGKILL', output);
  return Number(output.trim().split('\n').at(-1));
}

if (task) {
  await writeForever(task);
} else {
  const folder = temporaryFolder('segments');
  after(() => removeFolder(folder));
  let count = 0;
  const fresh = () => join(folder, `${++count}`, 'metrics.db');

  test('killed between journal files, seals and deletions, nothing is lost or doubled', async () => {
    const file = fresh();
    let newest = 0;
    for (const appends of [30, 333, 471, 605, 777]) {
      const acknowledged = await writeAndKill(file, appends);
      const numbers = logs(file).map((path) => Number(/(\d+)\.log$/.exec(path)?.[1]));
      newest = Math.max(newest, ...numbers);
      const store = await open(file);
      try {
        const places = await storedPlaces(store);
        const stored = places.length / perAppend;
        assert.deepEqual(places, placesOf(upTo(stored)));
        assert.ok(
          stored === acknowledged + 1 || stored === acknowledged + 2,
          `${stored}, ${acknowledged} said`,
        );
        const { damaged, samples } = await store.stats();
        assert.deepEqual({ damaged, samples }, { damaged: 0, samples: places.length * metrics.length });
      } finally {
        await store.close();
      }
    }
    assert.ok(newest > logs(file).length, 'old journal files were deleted on the way');
  });

  test('a torn end of the journal takes the last appends only, and is no damage', async () => {
    for (const torn of [1, 20, 500, 3_000]) {
      const file = fresh();
      const acknowledged = await writeAndKill(file, 15);
      const last = logs(file).at(-1) ?? '';
      const end = Math.max(...Array.from(readRecords(readFileSync(last)), ({ end }) => end));
      truncateSync(last, end - torn);
      for (let round = 0; round < 2; round++) {
        const store = await open(file);
        const places = await storedPlaces(store);
        assert.ok(places.length > 0 && places.length / perAppend <= acknowledged + 1, `${places.length}`);
        assert.deepEqual(places, placesOf(upTo(places.length / perAppend)));
        assert.equal((await store.stats()).damaged, 0);
        await store.append([{ target: 'other', metric: 'm', at: t0 + round, value: 1 }]);
        await store.close();
      }
    }
  });

  test('a changed byte in the middle costs its append and is counted', async () => {
    for (const place of [0, 5, 12, 26, 40, 300]) {
      const file = fresh();
      const store = await open(file);
      for (const n of upTo(10)) await store.append(batch(n));
      await store.close();
      const [path = ''] = logs(file);
      const bytes = readFileSync(path);
      const records = [...readRecords(bytes)];
      assert.equal(records.length, 10);
      const at = (records[4]?.end ?? 0) + place;
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      writeFileSync(path, bytes);
      const again = await open(file);
      assert.deepEqual(await storedPlaces(again), placesOf(upTo(10).filter((n) => n !== 5)));
      assert.equal((await again.stats()).damaged, 1);
      await again.close();
    }
  });

  test('a store of format 1, with its journal as a table, is taken over', async () => {
    const file = fresh();
    const appends = 4;
    makeFormat1(file, appends);
    for (let round = 0; round < 2; round++) {
      const store = await open(file);
      assert.deepEqual(await storedPlaces(store), placesOf(upTo(appends + round)));
      await store.append(batch(appends + round));
      assert.equal((await store.stats()).damaged, 0);
      await store.close();
    }
    const database = new DatabaseSync(file);
    assert.deepEqual(database.prepare("select name from sqlite_master where name = 'journal'").all(), []);
    assert.deepEqual({ ...database.prepare('pragma user_version').get() }, { user_version: 2 });
    database.close();
  });

  test('taking over goes on where a crash ended it, and drops nothing that came after', async () => {
    const file = fresh();
    makeFormat1(file, 3);
    const beside = `${file}.before`;
    writeFileSync(beside, readFileSync(file));
    const store = await open(file);
    await store.append(batch(3));
    await store.close();
    writeFileSync(file, readFileSync(beside));
    const again = await open(file);
    assert.deepEqual(await storedPlaces(again), placesOf(upTo(4)));
    await again.close();
  });

  const mountable = canMount();
  test('a full disk rejects appends, loses none that was taken, and is left behind with room', {
    skip: mountable,
  }, async () => {
    const place = join(folder, 'full');
    mkdirSync(place);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place]);
    try {
      const file = join(place, 'metrics.db');
      // Appends that seal would fail for ten seconds after sealing found no room.
      const store = await open(file, 1_000_000);
      let n = 0;
      await assert.rejects(async () => {
        for (; n < 2_000; n++) await store.append(batch(n));
      });
      assert.ok(n > 100, `${n} appends found room`);
      assert.deepEqual(await storedPlaces(store), placesOf(upTo(n)));
      execFileSync('mount', ['-o', 'remount,size=8m', place]);
      await store.append(batch(n));
      await store.prune(systemClock.now() + 3 * 3_600_000);
      assert.deepEqual(await storedPlaces(store), placesOf(upTo(n + 1)));
      await store.close();
      const again = await open(file);
      assert.deepEqual(await storedPlaces(again), placesOf(upTo(n + 1)));
      assert.equal((await again.stats()).damaged, 0);
      await again.close();
    } finally {
      execFileSync('umount', [place]);
    }
  });
}

function canMount(): string | false {
  return process.platform === 'linux' && process.getuid?.() === 0
    ? false
    : 'needs root to mount a small tmpfs';
}

/** As the first format had it. */
function makeFormat1(file: string, appends: number): void {
  mkdirSync(join(file, '..'), { recursive: true });
  const database = new DatabaseSync(file);
  database.exec(`
    pragma auto_vacuum = incremental;
    pragma journal_mode = wal;
    create table series (id integer primary key, target text not null, metric text not null, labels text not null);
    create table journal (id integer primary key, received integer not null, body blob not null);
    create table chunks (id integer primary key, series integer not null, first integer not null,
      last integer not null, count integer not null, body blob not null);
    create index chunks_by_series on chunks (series, last);
    create table rollups (id integer primary key, series integer not null, width integer not null,
      first integer not null, last integer not null, body blob not null);
    create index rollups_by_series on rollups (series, width, last);
    pragma user_version = 1;`);
  const series = database.prepare(
    "insert into series (id, target, metric, labels) values (?, 'db', ?, '{}')",
  );
  for (const [i, metric] of metrics.entries()) series.run(i + 1, metric);
  const journal = database.prepare('insert into journal (id, received, body) values (?, ?, ?)');
  for (const n of upTo(appends)) journal.run(n + 1, t0, packedRow(n));
  database.close();
}

function packedRow(n: number): Uint8Array {
  const out = new ByteWriter();
  for (let i = 0; i < envelopeBytes; i++) out.byte(0);
  let before = { id: 0, at: 0 };
  for (const { metric, at, value } of batch(n)) {
    const id = metrics.indexOf(metric) + 1;
    out.signed(id - before.id);
    out.signed(at - before.at);
    out.byte(0);
    out.signed(value);
    before = { id, at };
  }
  return wrapInPlace('packedJournal', out.written());
}
