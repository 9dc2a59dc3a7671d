/** Real programs of a real process that is killed: what it ran ends with it, or at the next start. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../clock.ts';
import { endLeft } from './tied.ts';

const machine = fileURLToPath(new URL('.', import.meta.url));
const begun: ChildProcess[] = [];
after(() => {
  for (const child of begun) child.kill('SIGKILL');
});

/** A process that runs `words` as backups run theirs; resolves when the program has written the pid of what it began. */
async function running(words: readonly string[]): Promise<{ owner: ChildProcess; pids: number[] }> {
  const source = `
    import { systemClock } from ${JSON.stringify(join(machine, '../clock.ts'))};
    import { spawnProgram } from ${JSON.stringify(join(machine, 'spawn-program.ts'))};
    const heard = (part) => process.stdout.write(part);
    await spawnProgram(${JSON.stringify(words)}, { signal: new AbortController().signal, clock: systemClock, heard });`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  begun.push(owner);
  let text = '';
  for await (const part of owner.stdout ?? []) {
    text += String(part);
    if (text.includes('\n')) break;
  }
  return { owner, pids: text.trim().split(' ').map(Number) };
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<boolean> {
  for (let waited = 0; waited < 60_000; waited += 20) {
    if (!isAlive(pid)) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

async function kill(owner: ChildProcess) {
  const ended = new Promise((resolve) => owner.once('exit', resolve));
  owner.kill('SIGKILL');
  await ended;
}

const linux = { skip: process.platform === 'linux' ? false : 'only Linux ties processes together' };

test('a program ends when whoever runs it is killed', linux, async () => {
  const { owner, pids } = await running(['sh', '-c', 'echo $$; exec sleep 600']);
  const [pid = 0] = pids;
  assert.ok(isAlive(pid));
  await kill(owner);
  assert.ok(await gone(pid), 'it runs on');
});

test(
  'what a program began itself is ended at the next start, and nothing of whoever still runs',
  linux,
  async () => {
    const words = ['sh', '-c', 'sleep 600 & echo $$ $!; wait'];
    const living = await running(words);
    const [, working = 0] = living.pids;
    const mostTries = 5;
    for (let tries = 1; ; tries++) {
      const left = await running(words);
      const [, orphan = 0] = left.pids;
      await kill(left.owner);
      const ended = await endLeft(systemClock);
      assert.ok(!isAlive(orphan));
      if (ended.some(({ pid }) => pid === orphan)) break;
      // Another Upkeep of this machine that starts at this moment ends it before us.
      assert.ok(tries < mostTries, 'it ends by itself');
    }
    assert.ok(isAlive(working), 'its owner lives');
    await kill(living.owner);
    await endLeft(systemClock);
    assert.ok(!isAlive(working));
  },
);
