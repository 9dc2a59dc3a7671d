import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toldTrouble, troubleNeeds } from './log-trouble.ts';

const detail = 'the disk /mnt/kept is full';

test('a log that is not received is asked about at once, and told when it does not pass by itself', () => {
  const trouble = { since: 1_000, detail };
  assert.equal(toldTrouble(null, 1_000), null);
  assert.deepEqual(troubleNeeds(null, 1_000), []);
  assert.equal(toldTrouble(undefined, 1_000), undefined, 'nobody knows yet');
  assert.equal(toldTrouble(trouble, 61_000), undefined, 'the server is started anew');
  assert.match(toldTrouble(trouble, 181_000) ?? '', /not received \(3 m so far\).*the server keeps.*is full/);
  const [need] = troubleNeeds(trouble, 11_000);
  assert.match(need?.what ?? '', /not received \(10 s so far\)/);
  assert.equal(need?.isAdvice, undefined, 'it lacks, and is no mere advice');
});
