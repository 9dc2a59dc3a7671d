import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, beforeEach, suite, test } from 'node:test';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { systemClock } from '../../../clock.ts';
import { close, connect } from '../client.ts';
import { postgresConfig } from '../config.ts';
import { nameOf } from './segments.ts';
import { applyLogDeletion, planLogDeletion } from './trim-plain-log.ts';

const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };
/** The shortest that PostgreSQL has. */
const segment = 1_048_576;

suite('the log beside plain copies', () => {
  const folder = temporaryFolder('trim');
  const wal = join(folder, 'wal');
  const place = { folder: join(folder, 'next') };
  // No query is asked: what lies there says it all.
  const conn = connect(postgresConfig.parse({ url: 'postgres://nobody@127.0.0.1:1/none' }));
  const name = (number: number, timeline = 1) => nameOf({ timeline, number }, segment);
  const at = (from: number, going: readonly string[] = []) => ({ from, going });
  const copy = (id: string, from: number) => {
    mkdirSync(join(folder, id), { recursive: true });
    writeFileSync(join(folder, id, 'manifest.json'), JSON.stringify({ from }));
  };

  beforeEach(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(wal, { recursive: true });
    for (const number of [3, 4, 5, 6]) writeFileSync(join(wal, name(number)), Buffer.alloc(segment));
    writeFileSync(join(wal, name(4, 2)), Buffer.alloc(segment));
    for (const other of ['00000002.history', `${name(2)}.partial`, `${name(3)}.00000028.backup`])
      writeFileSync(join(wal, other), 'x');
    copy('one', 5 * segment + 40);
  });
  after(async () => {
    await close(conn);
    removeFolder(folder);
  });

  test('whole files before the beginning of the oldest copy go, of every timeline; nothing else does', async () => {
    const plan = await planLogDeletion(conn, place, at(5 * segment + 40), ctx);
    assert.deepEqual(new Set(plan.names), new Set([name(3), name(4), name(4, 2)]));
    assert.equal(plan.bytes, 3 * segment);
    assert.ok(Math.abs(plan.newestAt - Date.now()) < 60_000);
    assert.equal(readdirSync(wal).length, 8, 'a plan deletes nothing');
    await applyLogDeletion(conn, place, at(5 * segment + 40), plan.names, ctx);
    assert.deepEqual(
      readdirSync(wal).sort(),
      ['00000002.history', `${name(2)}.partial`, `${name(3)}.00000028.backup`, name(5), name(6)].sort(),
    );
    assert.deepEqual((await planLogDeletion(conn, place, at(5 * segment + 40), ctx)).names, []);
  });

  test('a copy that needs more, one that does not say, and a name that nobody planned stop all of it', async () => {
    await assert.rejects(
      applyLogDeletion(conn, place, at(5 * segment), [name(5)], ctx),
      /nothing was deleted/,
    );
    copy('older', 4 * segment);
    await assert.rejects(
      planLogDeletion(conn, place, at(5 * segment), ctx),
      /older needs the log from 0\/400000 on: nothing of it is deleted before 0\/500000/,
    );
    const withIt = at(5 * segment, [join(folder, 'older')]);
    assert.equal((await planLogDeletion(conn, place, withIt, ctx)).names.length, 3, 'it goes with its log');
    rmSync(join(folder, 'older'), { recursive: true });
    mkdirSync(join(folder, 'begun.partial'));
    await assert.rejects(
      planLogDeletion(conn, place, at(5 * segment), ctx),
      /does not say which log it needs/,
    );
    rmSync(join(folder, 'begun.partial'), { recursive: true });
    writeFileSync(join(wal, name(4)), 'torn');
    await assert.rejects(planLogDeletion(conn, place, at(5 * segment), ctx), /differ in length/);
    assert.equal(readdirSync(wal).length, 8);
  });
});
