import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogBook, take } from './book.ts';
import { logEvidence } from './evidence.ts';
import { viewOf } from './view.ts';

const minute = 60_000;
const start = 1_790_000_000_000;
const onset = start + 60 * minute;

function foundAt(now: number) {
  const book = createLogBook();
  for (let at = start; at < now; at += minute) take(book, { at, text: 'INFO served a page', file: '/f' });
  take(book, { at: onset + 1_000, text: 'ERROR connect ECONNREFUSED 127.0.0.1:5432', file: '/f' });
  const view = viewOf(book, [], { from: start, to: now });
  return logEvidence({ target: 'api', view, onset, now, isTrouble: true }).findings[0];
}

test('a line that was written a while ago, and no more, tells of what was', () => {
  const fresh = foundAt(onset + minute);
  assert.match(fresh?.summary ?? '', /^the log of api says that /);
  assert.equal(fresh?.confidence, 0.55);
  assert.equal(fresh?.isSaidOnly, true);
  const old = foundAt(onset + 10 * minute);
  assert.match(old?.summary ?? '', /^the log of api said that .+, last 9 m ago$/);
  assert.equal(old?.confidence, 0.3);
});

test('that a target logs some error explains no trouble of a backup; it stays to be seen', () => {
  const book = createLogBook();
  const now = onset + minute;
  for (let at = start; at < now; at += minute) take(book, { at, text: 'INFO served a page', file: '/f' });
  take(book, { at: onset + 1_000, text: 'ERROR relation orders does not exist', file: '/f' });
  const question = { target: 'db', view: viewOf(book, [], { from: start, to: now }), onset, now };
  const ids = (isOfBackups: boolean) =>
    logEvidence({ ...question, isTrouble: true, isOfBackups }).findings.map(({ id }) => id);
  assert.deepEqual(ids(false), ['log.new-error']);
  assert.deepEqual(ids(true), []);
  assert.match(
    logEvidence({ ...question, isTrouble: true, isOfBackups: true }).evidence[0]?.title ?? '',
    /1 new pattern/,
  );
});
