/** The real command, whose output nobody reads. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

const upkeep = resolve(import.meta.dirname, '../../bin/upkeep.js');

async function ended(args: readonly string[], unread: 'stdout' | 'stderr') {
  const child = spawn(process.execPath, [upkeep, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  child[unread].destroy();
  const other = text(unread === 'stdout' ? child.stderr : child.stdout);
  const [code, signal] = await once(child, 'exit');
  return { code, signal, other: await other };
}

test('output that nobody reads ends a command quietly with 0', { timeout: 180_000 }, async () => {
  for (const args of [
    ['incident', 'merge', '--help'],
    ['check', '/no/such/file.yaml'],
  ]) {
    assert.deepEqual(await ended(args, 'stdout'), { code: 0, signal: null, other: '' }, args.join(' '));
  }
  assert.deepEqual(await ended(['no-such-command'], 'stderr'), { code: 0, signal: null, other: '' });
});
