/** Upkeep ends in order with the npm or the terminal that it was started from, and nobody has to look for its process. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { node, upkeep } from '../crash/upkeep-process.ts';
import { removeFolder, temporaryFolder } from '../servers/process.ts';
import { root } from '../suites.ts';

const longestMs = 120_000;

async function until(what: () => string, holds: () => boolean): Promise<void> {
  const end = Date.now() + longestMs;
  while (!holds()) {
    if (Date.now() > end) assert.fail(`not within ${longestMs} ms: ${what()}`);
    await sleep(50);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

/** Starts it, waits until it serves; gives its starter, its pid and what was printed. */
async function started(t: TestContext, command: string, args: readonly string[]) {
  const folder = temporaryFolder('parent');
  const config = join(folder, 'upkeep.yaml');
  writeFileSync(config, 'targets: { it: { system: process, pidFile: /nonexistent/it.pid, every: 60s } }\n');
  let said = '';
  const starter: ChildProcess = spawn(command, [...args, '--config', config, '--port', '0', '--json'], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [starter.stdout, starter.stderr])
    stream?.on('data', (data: Buffer) => {
      said += data.toString();
    });
  const runFile = join(folder, 'data', 'run.json');
  let pid = 0;
  t.after(() => {
    for (const one of [pid, starter.pid ?? 0]) if (one > 0 && isAlive(one)) process.kill(one, 'SIGKILL');
    removeFolder(folder);
  });
  await until(
    () => `it serves\n${said}`,
    () => existsSync(runFile) && readFileSync(runFile, 'utf8').endsWith('}'),
  );
  pid = (JSON.parse(readFileSync(runFile, 'utf8')) as { pid: number }).pid;
  return { starter, pid, runFile, said: () => said };
}

test('npm that is killed takes Upkeep with it, in order', { skip: !existsSync('/proc/self') }, async (t) => {
  const { starter, pid, runFile, said } = await started(t, 'npm', ['--silent', 'start', '--']);
  assert.notEqual(starter.pid, pid);
  starter.kill('SIGKILL');
  await until(
    () => `Upkeep has ended\n${said()}`,
    () => !isAlive(pid),
  );
  assert.ok(!existsSync(runFile), 'it was stopped, not torn away');
});

test('a terminal that closes stops Upkeep in order; a starter that is no npm may go', {
  skip: !existsSync('/proc/self'),
}, async (t) => {
  const through = '"$0" "$@" & wait';
  const { starter, pid, runFile } = await started(t, 'sh', ['-c', through, node, upkeep, 'run']);
  starter.kill('SIGKILL');
  await until(
    () => 'the shell is gone',
    () => !isAlive(starter.pid ?? 0),
  );
  await sleep(1_500);
  assert.ok(isAlive(pid), 'it goes on without its shell');
  process.kill(pid, 'SIGHUP');
  await until(
    () => 'Upkeep has ended',
    () => !isAlive(pid),
  );
  assert.ok(!existsSync(runFile));
});
