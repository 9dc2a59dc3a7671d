import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strangersWords } from './strangers.ts';

const one = (label: string, at: number, holdsBack?: true) => ({
  ...{ plan: 'shop', label, bytes: null, at },
  ...(holdsBack && { holdsBack }),
});

test('only what nobody has looked at is told, the newest first and few of many', () => {
  assert.equal(strangersWords([]), null);
  assert.equal(strangersWords([one('lost+found', 1)]), null);
  assert.equal(
    strangersWords([one('a', 1, true), one('lost+found', 9)]),
    '1 backup in its repository was not taken by this Upkeep: a',
  );
  assert.equal(
    strangersWords(['a', 'b', 'c', 'd', 'e'].map((label, at) => one(label, at, true))),
    '5 backups in its repository were not taken by this Upkeep: e, d, c and 2 more',
  );
  const pgbackrest = '20261123-234643F_20261123-234650I';
  assert.match(strangersWords([one(pgbackrest, 1, true)]) ?? '', new RegExp(`: ${pgbackrest}$`));
  assert.match(strangersWords([one('5'.repeat(64), 1, true)]) ?? '', /: 5{12}$/);
});
