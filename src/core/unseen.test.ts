import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldedReasons, unseenLines } from './unseen.ts';

const look = (target: string, title: string, unseen?: string) => ({
  ...{ id: `${target}.${title}`, target, title, at: 0, how: 'a look' },
  ...(unseen === undefined ? {} : { unseen }),
});
const refused = 'connect ECONNREFUSED 127.0.0.1:5432';

test('many looks that failed for one reason are one line with their number and names', () => {
  const titles = ['Sessions', 'Locks', 'Logins', 'Size', 'Settings'];
  assert.deepEqual(
    unseenLines([
      ...titles.map((title) => look('db', title, refused)),
      look('db', 'Seen'),
      look('db', 'Disk', 'no rights'),
    ]),
    [
      'db: 5 looks (Sessions, Locks, Logins and 2 more): nobody listens on 127.0.0.1:5432 (ECONNREFUSED)',
      'db: Disk: no rights',
    ],
  );
});

test('targets that were hidden by the same words are one line too, and one look is told by its name', () => {
  assert.deepEqual(
    unseenLines([
      look('db', 'Sessions', 'no answer'),
      look('db', 'Sessions', 'no answer'),
      look('cache', 'Sessions', 'no answer'),
      look('web', 'Memory', 'no rights'),
    ]),
    ['db, cache: Sessions: no answer', 'web: Memory: no rights'],
  );
});

test('what a finding could not see is folded by its reason', () => {
  assert.deepEqual(
    foldedReasons([
      `Sessions: ${refused}`,
      `Locks: ${refused}`,
      'whether it was restarted',
      'Size: no rights',
    ]),
    [
      '2 looks (Sessions, Locks): nobody listens on 127.0.0.1:5432 (ECONNREFUSED)',
      'whether it was restarted',
      'Size: no rights',
    ],
  );
  assert.deepEqual(foldedReasons(['a', 'b', 'a']), ['a', 'b']);
});
