import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startLoop } from '../../test/simulation/loop.ts';
import type { LiveEvent } from '../core/view.ts';
import * as journal from '../store/journal.ts';
import { createFeed } from './feed.ts';

test('entries of the journal are published once, in their order, from the moment on that one listens', async () => {
  const loop = await startLoop({ targets: [] });
  const write = (...kinds: string[]) =>
    loop.store.transaction(async (tx) => {
      for (const kind of kinds)
        await journal.append(tx, { at: 1, actor: 'test', kind, subject: 'it', payload: {} });
    });
  await write('before');
  const feed = await createFeed(loop.desk);
  assert.equal(feed.hasListeners, false);
  const seen: string[] = [];
  const until = (kind: string) =>
    new Promise<void>((resolve) => {
      const leave = feed.subscribe((event: LiveEvent) => {
        if (event.type !== 'journal' || event.entry.kind !== kind) return;
        leave();
        resolve();
      });
    });
  const leave = feed.subscribe((event) => {
    if (event.type === 'journal') seen.push(event.entry.kind);
  });
  const first = until('second');
  await write('first', 'second');
  loop.desk.changed();
  loop.desk.changed();
  await first;
  const then = until('third');
  await write('third');
  loop.desk.changed();
  await then;
  assert.deepEqual(seen, ['first', 'second', 'third']);
  leave();
  assert.equal(feed.hasListeners, false);
  feed.stop();
  await loop.end();
});
