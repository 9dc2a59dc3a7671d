import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { logFilesOf, namedLog } from './places.ts';
import { createTail } from './tail.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-tail-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function tailOf(t: TestContext, folder: string, ...paths: string[]) {
  const tail = createTail(paths, folder);
  t.after(() => tail.close());
  return {
    ...tail,
    texts: async () => (await tail.poll()).map(({ text, isPast }) => (isPast ? `past ${text}` : text)),
  };
}

test('what was there is past, what comes is told once, and half a line waits for its end', async (t) => {
  const folder = folderOf(t);
  const file = join(folder, 'app.log');
  writeFileSync(file, 'old\n');
  const tail = tailOf(t, folder, 'app.log');
  assert.deepEqual(await tail.texts(), ['past old']);
  appendFileSync(file, 'one\r\ntw');
  assert.deepEqual(await tail.texts(), ['one']);
  appendFileSync(file, 'o\n');
  assert.deepEqual(await tail.texts(), ['two']);
  assert.deepEqual(await tail.texts(), []);
});

test('a rotated file is read to its end and the new one from its beginning', async (t) => {
  const folder = folderOf(t);
  const file = join(folder, 'app.log');
  writeFileSync(file, '');
  const tail = tailOf(t, folder, 'app.log');
  await tail.texts();
  appendFileSync(file, 'last of the old\n');
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'first of the new\n');
  assert.deepEqual(await tail.texts(), ['last of the old', 'first of the new']);
});

test('a truncated file is read from its beginning, also past the hole that a writer leaves', async (t) => {
  const folder = folderOf(t);
  const file = join(folder, 'app.log');
  writeFileSync(file, 'a long first line\n');
  const tail = tailOf(t, folder, 'app.log');
  await tail.texts();
  truncateSync(file, 0);
  assert.deepEqual(await tail.texts(), []);
  writeFileSync(file, Buffer.concat([Buffer.alloc(100), Buffer.from('after\n')]));
  assert.deepEqual(await tail.texts(), ['after']);
});

test('a file that is missing, no file or not text is said, and read when it comes', async (t) => {
  const folder = folderOf(t);
  mkdirSync(join(folder, 'folder.log'));
  writeFileSync(join(folder, 'binary.log'), Buffer.alloc(5_000, 3));
  const tail = tailOf(t, folder, 'later.log', 'folder.log', 'binary.log', 'none-*.log');
  assert.deepEqual(await tail.texts(), []);
  const unseen = Object.fromEntries(
    tail.sources().map(({ path, unseen: why }) => [path.slice(folder.length + 1), why]),
  );
  assert.deepEqual(unseen, {
    'later.log': 'there is no such file',
    'folder.log': 'it is no plain file',
    'binary.log': 'it holds no text',
    'none-*.log': 'no file matches',
  });
  writeFileSync(join(folder, 'later.log'), 'here I am\n');
  assert.deepEqual(await tail.texts(), ['past here I am']);
});

test('a line without end and a flood cost a bounded amount', async (t) => {
  const folder = folderOf(t);
  const file = join(folder, 'app.log');
  writeFileSync(file, '');
  const tail = tailOf(t, folder, 'app.log');
  await tail.texts();
  appendFileSync(file, 'x'.repeat(100_000));
  const [long] = await tail.texts();
  assert.ok(long && long.length <= 8_192);
  appendFileSync(file, 'still the same\nnext\n');
  assert.deepEqual(await tail.texts(), ['next']);
  appendFileSync(file, 'flood flood flood\n'.repeat(500_000));
  assert.ok((await tail.texts()).length < 20_000);
});

test('globs take files of later days and leave packed ones', async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'pg-1.log'), 'a\n');
  writeFileSync(join(folder, 'pg-0.log.gz'), 'packed\n');
  const tail = tailOf(t, folder, 'pg-*');
  assert.deepEqual(await tail.texts(), ['past a']);
  writeFileSync(join(folder, 'pg-2.log'), 'b\n');
  for (let call = 0; call < 6; call++) await tail.texts();
  appendFileSync(join(folder, 'pg-2.log'), 'c\n');
  assert.deepEqual(await tail.texts(), ['c']);
});

test('the redirected output of a process is its log, its data are not', async (t) => {
  const folder = folderOf(t);
  const out = openSync(join(folder, 'anything'), 'a');
  const data = openSync(join(folder, 'appendonly.aof'), 'a');
  const child = spawn('sleep', ['60'], { stdio: ['ignore', out, out, data] });
  t.after(() => child.kill());
  closeSync(out);
  closeSync(data);
  assert.ok(child.pid);
  assert.deepEqual(await logFilesOf(child.pid), [join(folder, 'anything')]);
  assert.deepEqual(await namedLog('/etc/shadow'), []);
  assert.deepEqual(await namedLog('/var/log/../../etc/shadow.log'), []);
  assert.deepEqual(await namedLog('/var/lib/pg/log/current.log'), ['/var/lib/pg/log/current.log']);
  assert.deepEqual(await namedLog(''), []);
});
