import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../clock.ts';
import { startStack } from './stack.ts';
import { until } from './until.ts';

const program = `
  const { startStack } = await import(${JSON.stringify(import.meta.resolve('./stack.ts'))});
  const { systemClock } = await import(${JSON.stringify(import.meta.resolve('../clock.ts'))});
  const stack = await startStack({ clock: systemClock, log: (line) => console.log('log ' + line) });
  console.log('up ' + JSON.stringify({ folder: stack.folder, pids: stack.pids() }));
  process.on('message', (name) => {
    if (name === 'throw') setImmediate(() => { throw new Error('uncaught'); });
    else stack.inject(name).then(() => console.log('injected ' + name));
  });
`;

interface Up {
  readonly folder: string;
  readonly pids: Readonly<Record<string, number>>;
}

function startParent(): { parent: ChildProcess; line(prefix: string): Promise<string> } {
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
  });
  const seen: string[] = [];
  assert.ok(parent.stdout);
  createInterface({ input: parent.stdout }).on('line', (line) => seen.push(line));
  return {
    parent,
    async line(prefix) {
      await until(systemClock, `a line ${prefix}`, 30_000, () =>
        seen.some((line) => line.startsWith(prefix)),
      );
      return seen.find((line) => line.startsWith(prefix))?.slice(prefix.length) ?? '';
    },
  };
}

async function assertNothingLeft({ folder, pids }: Up): Promise<void> {
  const left = () => Object.entries(pids).filter(([, pid]) => isAlive(pid));
  await until(systemClock, 'the end of every process', 10_000, () => {
    assert.deepEqual(left(), []);
    return true;
  });
  assert.equal(existsSync(folder), false);
}

for (const how of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
  test(`${how} of the parent leaves no process and no folder`, { timeout: 180_000 }, async () => {
    const { parent, line } = startParent();
    const up: Up = JSON.parse(await line('up '));
    // A stopped process does not hear a gentle signal.
    parent.send('api-frozen');
    await line('injected ');
    parent.kill(how);
    await once(parent, 'exit');
    await assertNothingLeft(up);
  });
}

test('an uncaught error of the parent leaves nothing either', { timeout: 180_000 }, async () => {
  const { parent, line } = startParent();
  const up: Up = JSON.parse(await line('up '));
  parent.send('throw');
  await once(parent, 'exit');
  await assertNothingLeft(up);
});

test('kill -9 while the stack starts leaves nothing', { timeout: 180_000 }, async () => {
  const { parent, line } = startParent();
  await line('log PostgreSQL');
  const children = childrenOf(parent.pid ?? 0);
  assert.ok(children.length >= 2, 'a guardian and PostgreSQL at least');
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await until(systemClock, 'the end of the children', 30_000, () => !children.some(isAlive));
});

test('an abort while the stack starts rejects and leaves nothing', { timeout: 180_000 }, async () => {
  const abort = new AbortController();
  const before = childrenOf(process.pid);
  const starting = startStack({
    clock: systemClock,
    log: () => abort.abort(new Error('changed my mind')),
    signal: abort.signal,
  });
  await assert.rejects(starting, /changed my mind/);
  assert.deepEqual(childrenOf(process.pid), before);
});

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
