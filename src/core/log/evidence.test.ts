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

test('what was measured since a line was written is newer than the line', () => {
  const book = createLogBook();
  const now = onset + 3 * minute;
  for (let at = start; at < now; at += minute)
    take(book, { at, text: 'LOG: checkpoint starting', file: '/f' });
  const line = 'FATAL: archive command failed with exit code 127';
  take(book, { at: onset + minute, text: line, file: '/f' });
  const view = viewOf(book, [], { from: start, to: now });
  const foundWith = (value: number, at: number) =>
    logEvidence({
      ...{ target: 'db', view, onset, now, isTrouble: true },
      latest: (metric) => (metric === 'postgres.archiver.failing' ? [{ value, at }] : []),
    });
  const says = 'the log of db says that WAL cannot be archived: backups grow stale and WAL piles up';
  const summaries = (value: number, at: number) =>
    foundWith(value, at).findings.map(({ summary }) => summary);
  assert.deepEqual(summaries(1, now), [says]);
  assert.deepEqual(summaries(0, onset + minute), [says], 'it was measured before the line');
  assert.deepEqual(summaries(0, now), [], 'nor is it some new error then');
  assert.match(foundWith(0, now).evidence[0]?.text ?? '', /archive command failed/, 'it stays to be seen');
});

test('a line that came long after the onset and no more leads nothing, one at the onset may', () => {
  const foundFor = (lineAt: number) => {
    const book = createLogBook();
    const now = onset + 60 * minute;
    for (let at = start; at < now; at += minute) take(book, { at, text: 'INFO served a page', file: '/f' });
    take(book, { at: lineAt, text: 'ERROR connect ECONNREFUSED 127.0.0.1:5432', file: '/f' });
    const view = viewOf(book, [], { from: start, to: now });
    return logEvidence({ target: 'api', view, onset, now, isTrouble: true }).findings[0];
  };
  assert.equal(foundFor(onset + minute)?.beside, undefined);
  assert.equal(
    foundFor(onset + 40 * minute)?.beside,
    'it came 40 m after the onset, and not again for 20 m while the trouble went on',
  );
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
