import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandIn } from './command-in.ts';

test('a command at the end of a step stands apart from its words; other steps are words alone', () => {
  const start = "sudo -u postgres /usr/lib/postgresql/15/bin/pg_ctl -D /srv/x -o '-p 5433' -w start";
  assert.deepEqual(commandIn(`you: start it beside the living one: ${start}`), [
    'you: start it beside the living one:',
    start,
  ]);
  assert.deepEqual(commandIn('you: mv --no-target-directory /a /b'), [
    'you:',
    'mv --no-target-directory /a /b',
  ]);
  for (const words of [
    'restore what was downloaded into /srv/x',
    'download 3 KiB from s3://acme/upkeep: open them',
    'on the machine of the server: move its data folder aside',
  ])
    assert.deepEqual(commandIn(words), [words, null]);
});
