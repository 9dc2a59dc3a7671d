/** Real folders and a real process that is killed: what it left for sockets goes at the next start, and nothing else. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { dropLeftSocketFolders, makeSocketFolder } from './socket-folder.ts';

const source = fileURLToPath(new URL('./socket-folder.ts', import.meta.url));

test('a folder for a socket is private, short enough to be listened in, and gone when it is dropped', async () => {
  const before = process.env.TMPDIR;
  const deep = join(await mkdtemp(join(tmpdir(), 'deep-')), 'd'.repeat(150));
  mkdirSync(deep);
  process.env.TMPDIR = deep;
  try {
    const { path, drop } = await makeSocketFolder(undefined);
    assert.equal(statSync(path).mode & 0o777, 0o700);
    const server = createServer().listen(join(path, '.s.PGSQL.5432'));
    await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
    await new Promise((resolve) => server.close(resolve));
    await drop();
    await drop();
    assert.ok(!existsSync(path));
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(dirname(deep), { recursive: true });
  }
});

/** A process that made one and holds it. */
async function holding() {
  const text = `import { makeSocketFolder } from ${JSON.stringify(source)};
    process.stdout.write((await makeSocketFolder(undefined)).path + '\\n'); setInterval(() => {}, 60_000);`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  for await (const part of owner.stdout) {
    said += String(part);
    if (said.includes('\n')) break;
  }
  const kill = async () => {
    const gone = new Promise((resolve) => owner.once('exit', resolve));
    owner.kill('SIGKILL');
    await gone;
  };
  return { path: said.trim(), kill };
}

const linux = { skip: process.platform === 'linux' ? false : 'only Linux tells whether an owner lives' };

test(
  'what a killed owner left is dropped; what a living one holds or bears no mark stays',
  linux,
  async () => {
    const [left, living] = await Promise.all([holding(), holding()]);
    const strange = await mkdtemp(join(tmpdir(), 'upkeep-socket-'));
    writeFileSync(join(strange, 'file'), '');
    try {
      await left.kill();
      assert.ok(existsSync(left.path));
      const dropped = await dropLeftSocketFolders();
      assert.ok(dropped.includes(left.path));
      assert.ok(!existsSync(left.path));
      assert.ok(existsSync(living.path), 'its owner lives');
      assert.ok(existsSync(strange), 'nobody marked it');
    } finally {
      await living.kill();
      rmSync(strange, { recursive: true });
      await dropLeftSocketFolders();
    }
    assert.ok(!existsSync(living.path));
  },
);
