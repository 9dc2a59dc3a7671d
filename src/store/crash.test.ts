import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import { systemClock } from '../clock.ts';
import { openStore, StoreInUse, type StoreLocation } from './index.ts';
import * as jobs from './jobs.ts';
import * as journal from './journal.ts';

const script = fileURLToPath(new URL('../../test/engines/store-process.ts', import.meta.url));

/** Runs until it prints the line, kills it as `kill -9` does, and gives all that it had printed. */
async function killAt(location: StoreLocation, task: string, line: string): Promise<string[]> {
  const child = start(location, task);
  const lines: string[] = [];
  for await (const text of createInterface({ input: child.stdout ?? process.stdin })) {
    lines.push(text);
    if (text === line) child.kill('SIGKILL');
  }
  assert.ok(lines.includes(line), `it ended before ${line}: ${lines.join(', ')}`);
  return lines;
}

function start(location: StoreLocation, task: string): ChildProcess {
  return spawn(process.execPath, [script, JSON.stringify(location), task], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

forEachEngine((engine) => {
  test('kill -9 while writing loses nothing that was committed, and leaves nothing half', async () => {
    for (const line of ['committed 1', 'committed 20', 'committed 51']) {
      const location = await engine.freshLocation();
      const lines = await killAt(location, 'write', line);
      const acknowledged = Number(lines.at(-1)?.split(' ')[1]);
      const store = await openStore(location, systemClock);
      const kept = await jobs.claim(store, { now: 999, leaseMs: 1, limit: 999, owner: 'test' });
      assert.ok(kept.length >= acknowledged, `${kept.length} of ${acknowledged} committed are there`);
      assert.ok(kept.length <= acknowledged + 1);
      assert.deepEqual(await journal.verify(store.db), {
        ok: true,
        checked: kept.length,
        brokenAt: null,
        reason: null,
      });
      await store.close();
    }
  });

  test('a transaction that was under way at kill -9 was never there', async () => {
    const location = await engine.freshLocation();
    await killAt(location, 'stop-in-transaction', 'in transaction');
    const store = await openStore(location, systemClock);
    const claimed = await jobs.claim(store, { now: 99, leaseMs: 1, limit: 9, owner: 'test' });
    assert.deepEqual(
      claimed.map((job) => job.key),
      ['job-1'],
    );
    assert.equal((await journal.list(store.db, { limit: 9 })).length, 1);
    await store.close();
  });

  test('a second instance is refused while the first lives, and let in once it was killed', async () => {
    const location = await engine.freshLocation();
    const child = start(location, 'wait');
    await once(child.stdout ?? process.stdin, 'data');
    const refused = await openStore(location, systemClock).then(
      () => assert.fail('it was let in'),
      (error: unknown) => error,
    );
    assert.ok(refused instanceof StoreInUse);
    assert.doesNotMatch(refused.message, /\n/);
    if (engine.kind === 'sqlite') {
      assert.match(
        refused.message,
        new RegExp(`\\(pid ${child.pid}\\).*stop it \\(kill ${child.pid}\\) or set`),
      );
    } else {
      assert.match(
        refused.message,
        /database session \d+ from 127\.0\.0\.1\) uses schema upkeep of .*; stop it/,
      );
    }
    const beside = await openStore(location, systemClock, { shared: true });
    assert.deepEqual(await journal.list(beside.db, { limit: 1 }), []);
    await beside.close();
    child.kill('SIGKILL');
    await once(child, 'close');
    const store = await openStore(location, systemClock);
    await store.close();
  });
});
