import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { version } from './fixtures/versions.ts';
import { writeFiles } from './write-files.ts';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-status-page-'));
  folders.push(folder);
  return folder;
}

function turnsOf(folder: string): Map<string, string> {
  const turns = new Map<string, string>();
  for (const path of ['api/v2/summary.json', 'history/2026-11.html', 'index.html']) {
    const lines = readFileSync(join(folder, path), 'utf8').trimEnd().split('\n');
    assert.equal(lines.length, 3, `${path} is whole`);
    assert.equal(lines[0], lines[2], `${path} is of one version`);
    turns.set(path, lines[0] ?? '');
  }
  return turns;
}

test('killed in the middle of writing, every file is whole, and the next writing leaves nothing behind', async () => {
  const folder = newFolder();
  const script = fileURLToPath(new URL('./fixtures/endless-writer.ts', import.meta.url));
  writeFiles(folder, version(-1), null);
  let leftovers = 0;
  for (const ms of [3, 11, 27, 40, 61]) {
    const writer = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(writer.stdout, 'data');
    await wait(ms);
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    turnsOf(folder);
    leftovers += readdirSync(folder, { recursive: true }).filter((name) => `${name}`.endsWith('.tmp')).length;
  }
  writeFiles(folder, version(7), null);
  assert.deepEqual([...new Set(turnsOf(folder).values())], ['7']);
  const rest = readdirSync(folder, { recursive: true }).filter((name) => `${name}`.endsWith('.tmp'));
  assert.deepEqual(rest, [], `${leftovers} were left by the killed ones`);
});

test('a reader beside the writer never sees half a page', async () => {
  const folder = newFolder();
  writeFiles(folder, version(0), null);
  const script = fileURLToPath(new URL('./fixtures/endless-writer.ts', import.meta.url));
  const writer = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(writer.stdout, 'data');
    const seen = new Set<string>();
    for (let look = 0; look < 400; look++) seen.add(turnsOf(folder).get('index.html') ?? '');
    assert.ok(seen.size > 1, 'it was written meanwhile');
  } finally {
    writer.kill('SIGKILL');
    await once(writer, 'exit');
  }
});

test('what has not changed is left alone, and months and styles that are no more go away', () => {
  const folder = newFolder();
  const first = new Map([...version(1), ['style-0123456789.css', Buffer.from('a')]]);
  writeFiles(folder, first, null);
  writeFileSync(join(folder, 'robots.txt'), 'mine');
  const before = statSync(join(folder, 'index.html'));
  const second = new Map([...version(1), ['style-abcdef0123.css', Buffer.from('b')]]);
  second.delete('history/2026-11.html');
  second.set('history/2026-12.html', Buffer.from('c'));
  writeFiles(folder, second, first);
  assert.equal(statSync(join(folder, 'index.html')).mtimeMs, before.mtimeMs);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.css')),
    ['style-abcdef0123.css'],
  );
  assert.deepEqual(readdirSync(join(folder, 'history')), ['2026-12.html']);
  assert.ok(existsSync(join(folder, 'robots.txt')), 'what is not ours stays');
  rmSync(join(folder, 'index.html'));
  writeFiles(folder, second, second);
  assert.ok(existsSync(join(folder, 'index.html')), 'what somebody deleted comes back');
});

test("a folder with somebody else's page in it is refused by name", () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'index.html'), 'my home page');
  assert.throws(
    () => writeFiles(folder, version(1), null),
    /index\.html that is not ours; give statusPage\.folder/,
  );
  assert.equal(readFileSync(join(folder, 'index.html'), 'utf8'), 'my home page');
});
