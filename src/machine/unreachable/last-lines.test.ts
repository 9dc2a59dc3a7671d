import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { lastLines } from './last-lines.ts';

test('the end of a log is read in whole lines, without secrets; what is no file is not waited for', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-log-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'server.log');
  const many = Array.from({ length: 5_000 }, (_, index) => `line ${index}`);
  writeFileSync(
    path,
    [...many, 'password=hunter22', 'PANIC: could not write: No space left\u001b[2J', ''].join('\n'),
  );
  const text = await lastLines(path);
  assert.equal(text.split('\n').length, 20);
  assert.match(text, /^line 4982\n/);
  assert.match(text, /\nPANIC: could not write: No space left\\u\{1b\}\[2J$/);
  assert.doesNotMatch(text, /hunter22/);
  await assert.rejects(lastLines('/dev/zero'), /is no file/);
  await assert.rejects(lastLines(join(folder, 'none')), /ENOENT/);
});
