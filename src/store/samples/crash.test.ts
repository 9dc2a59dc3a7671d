/** kill -9, a torn write-ahead log and lost connections: what was acknowledged is there, nothing is there twice. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, truncateSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import pg from 'pg';
import { forEachEngine } from '../../../test/engines/for-each-engine.ts';
import { systemClock } from '../../clock.ts';
import { type Location, openSampleStore, type SampleStore } from './index.ts';

const t0 = 1_700_000_000_000;
const names = ['a', 'b', 'c'];
/** Appends until a chunk is sealed: about 36. */
const perAppend = 20;

function open(location: Location): Promise<SampleStore> {
  return openSampleStore(location, {
    rawMs: 1e13,
    rollupMs: 1e13,
    clock: systemClock,
    pauseMs: 0,
    mostPutOff: 0,
  });
}

/** The n-th append; each sample's value says its place in the series. */
function batch(n: number) {
  return names.flatMap((metric) =>
    Array.from({ length: perAppend }, (_, i) => {
      const place = n * perAppend + i;
      return { target: 'db', metric, at: t0 + place * 1_000, value: place };
    }),
  );
}

/** How many whole appends are stored; fails when a series has a gap, a repetition or a wrong value. */
async function storedAppends(store: SampleStore): Promise<number> {
  const lengths = [];
  for (const metric of names) {
    const [found] = await store.range({ target: 'db', metric, from: 0, to: 1e14 });
    const { at, values } = found ?? { at: [], values: [] };
    assert.deepEqual(
      values,
      Array.from(values, (_, place) => place),
    );
    assert.deepEqual(
      at,
      Array.from(at, (_, place) => t0 + place * 1_000),
    );
    lengths.push(values.length);
  }
  const [length = 0] = lengths;
  assert.deepEqual(
    lengths,
    names.map(() => length),
    'an append is in all series or in none',
  );
  assert.equal(length % perAppend, 0);
  return length / perAppend;
}

async function writeForever(location: Location): Promise<void> {
  const store = await open(location);
  for (let n = await storedAppends(store); ; n += 2) {
    await Promise.all(
      [0, 1].map(async (i) => {
        await store.append(batch(n + i));
        // writeSync fails where a busy parent has not read yet.
        process.stdout.write(`${n + i}\n`);
      }),
    );
  }
}

const childLocation = process.env.SAMPLES_CRASH_LOCATION;

/** Lets a child write until it has acknowledged `appends` more, kills it, and says how many are acknowledged. */
async function writeAndKill(location: Location, appends: number): Promise<number> {
  const child: ChildProcess = spawn(process.execPath, [import.meta.filename], {
    env: { ...process.env, SAMPLES_CRASH_LOCATION: JSON.stringify(location), NODE_TEST_CONTEXT: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout?.on('data', (text: Buffer) => {
    output += text;
    if (output.split('\n').length > appends) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'close');
  assert.equal(signal, 'SIGKILL', output);
  return Math.max(...output.trim().split('\n').map(Number)) + 1;
}

function checkIntegrity(file: string): void {
  const database = new DatabaseSync(file);
  assert.deepEqual({ ...database.prepare('pragma integrity_check').get() }, { integrity_check: 'ok' });
  database.close();
}

if (childLocation) {
  await writeForever(JSON.parse(childLocation));
} else {
  forEachEngine((engine) => {
    test('kill -9 loses nothing that was acknowledged and stores nothing twice', async () => {
      const location = await engine.freshLocation();
      for (const appends of [3, 40, 75, 111]) {
        const acknowledged = await writeAndKill(location, appends);
        const store = await open(location);
        try {
          const stored = await storedAppends(store);
          assert.ok(stored >= acknowledged, `${stored} stored of ${acknowledged} acknowledged`);
          assert.ok(stored <= acknowledged + 2, `${stored} stored of ${acknowledged} acknowledged`);
          assert.equal((await store.stats()).damaged, 0);
        } finally {
          await store.close();
        }
        if (location.kind === 'sqlite') checkIntegrity(location.file);
      }
    });

    if (engine.kind === 'sqlite') {
      test('a torn end of the write-ahead log, where only seals are, takes nothing: the journal has it', async () => {
        for (const torn of [100, 5_000]) {
          const location = await engine.freshLocation();
          assert.ok(location.kind === 'sqlite');
          const acknowledged = await writeAndKill(location, 60);
          const wal = `${location.file}-wal`;
          truncateSync(wal, Math.max(0, statSync(wal).size - torn));
          const store = await open(location);
          const stored = await storedAppends(store);
          await store.close();
          assert.ok(stored >= acknowledged && stored <= acknowledged + 2, `${stored} of ${acknowledged}`);
          checkIntegrity(location.file);
        }
      });
    } else {
      test('a lost connection fails appends, not the store; what was acknowledged stays', async () => {
        const location = await engine.freshLocation();
        assert.ok(location.kind === 'postgres');
        const store = await open(location);
        const administrator = new pg.Client({ connectionString: location.url });
        await administrator.connect();
        try {
          for (let n = 0; n < 60; n++) {
            if (n % 20 === 10) {
              await administrator.query(
                "select pg_terminate_backend(pid, 10000) from pg_stat_activity where application_name = 'upkeep' and datname = current_database()",
              );
            }
            await untilAnswered(() => store.append(batch(n)));
          }
          assert.equal(await untilAnswered(() => storedAppends(store)), 60);
          assert.equal((await store.stats()).samples, 60 * perAppend * names.length);
        } finally {
          await administrator.end();
          await store.close();
        }
      });
    }
  });
}

/** Repeating an append is harmless: equal times are one sample. Each connection of the pool that was ended fails one. */
async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries === 50) throw error;
    }
  }
}
