import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureWords, shortened } from './failure-words.ts';

const kept = { folder: '/kept/shop', lasting: '/kept', orElse: 'name another as to:' };
const copyErrors = Array.from(
  { length: 100 },
  (_, index) => `cp: error writing '/scratch/proof-1/data/base/5/${index}': No space left on device`,
).join('\n');

test('a full disk is one sentence that names it, whatever the tool wrote of each file', () => {
  const scratch = { folder: '/scratch/proof-1', lasting: '/scratch', orElse: 'name a larger one' };
  assert.equal(
    failureWords(`cp failed (exit code 1): ${copyErrors}`, scratch),
    'the disk of /scratch is full: free some space there, or name a larger one',
  );
  const base =
    'pg_basebackup failed (exit code 1): pg_basebackup: error: could not write to file "/kept/shop/x/base/5/1": No space left on device';
  assert.match(failureWords(base, kept), /^the disk of \/kept is full: .* name another as to:$/);
  const ours = 'the disk that /kept/shop/x/dump lies on is full: free some space there (ENOSPC)';
  assert.match(failureWords(ours, kept), /^the disk of \/kept is full/);
  assert.match(failureWords('ENOSPC: no space left on device, write', kept), /^the disk of \/kept is full/);
});

test('a full disk of the server that is backed up is not taken for ours', () => {
  const theirs =
    'pg_dump failed: ERROR:  could not write to file "base/pgsql_tmp/1": No space left on device';
  assert.match(failureWords(theirs, kept), /^pg_dump failed: ERROR: could not write/);
  assert.match(failureWords(theirs, { ...kept, isAllHere: true }), /^the disk of \/kept is full/);
});

test('what a tool said at length keeps its first and its last lines, on one line', () => {
  const long = Array.from({ length: 90 }, (_, index) => `line ${index} ${'x'.repeat(1_000)}`).join('\n');
  const words = shortened(long);
  assert.match(words, /^line 0 .*; line 1 .*; \(84 more lines\); line 86 .*; line 89 /);
  assert.ok(words.length < 2_000 && !words.includes('\n'));
  assert.equal(shortened('one\r\ntwo\n\n\tthree'), 'one; two; three');
});
