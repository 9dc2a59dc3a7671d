import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { removeFolder, temporaryFolder } from '../../test/servers/process.ts';
import { linkTree } from './linked-tree.ts';

test('holds the same files, modes and links without room of its own; what replaces one leaves the other', async (t) => {
  const folder = temporaryFolder('linked');
  t.after(() => removeFolder(folder));
  const [from, into] = [join(folder, 'from'), join(folder, 'into')];
  mkdirSync(join(from, 'deep'), { recursive: true, mode: 0o750 });
  writeFileSync(join(from, 'deep', 'a'), 'first', { mode: 0o400 });
  writeFileSync(join(from, 'b.tmp'), 'half');
  symlinkSync('deep', join(from, 'latest'));
  const signal = new AbortController().signal;
  await linkTree(from, into, { signal, skips: /\.tmp$/ });
  assert.equal(statSync(join(into, 'deep', 'a')).ino, statSync(join(from, 'deep', 'a')).ino);
  assert.equal(statSync(join(into, 'deep')).mode, statSync(join(from, 'deep')).mode);
  assert.equal(readlinkSync(join(into, 'latest')), 'deep');
  assert.equal(existsSync(join(into, 'b.tmp')), false);
  writeFileSync(join(into, 'new'), 'other');
  renameSync(join(into, 'new'), join(into, 'deep', 'a'));
  assert.equal(readFileSync(join(from, 'deep', 'a'), 'utf8'), 'first');
  await assert.rejects(linkTree(from, join(folder, 'third'), { signal: AbortSignal.abort() }), /abort/i);
});
