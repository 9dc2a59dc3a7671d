import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markedAsStored, notRunningLine, tellsThePresent } from './not-running.ts';
import { processTerminal } from './terminal.ts';

test('a list that was read while nothing runs says as of when, on the clock of the team', () => {
  const terminal = { ...processTerminal({ NO_COLOR: '1' }), zone: { name: 'Europe/Berlin', wasUsed: false } };
  const at = Date.parse('2026-12-01T02:00:07Z');
  assert.equal(
    notRunningLine(terminal, at, at + 2 * 3_600_000),
    'Upkeep is not running; this is as of 2026-12-01 03:00:07, 2 h ago.',
  );
  assert.equal(terminal.zone.wasUsed, true);
  assert.equal(notRunningLine(terminal, null, at), 'Upkeep is not running; nothing is stored yet.');
});

test('what programs read is marked too, and keeps its shape', () => {
  assert.deepEqual(markedAsStored({ id: 'a' }, 5), { id: 'a', running: false, asOf: 5 });
  assert.deepEqual(markedAsStored([{ id: 'a' }], null), [{ id: 'a', running: false, asOf: null }]);
  assert.equal(markedAsStored(null, 5), null);
});

test('what tells the present is known from what tells the past or the file', () => {
  for (const name of ['incident.list', 'incident.show', 'oncall.now', 'action.list', 'slo.list'])
    assert.equal(tellsThePresent(name), true, name);
  for (const name of ['incident.stats', 'incident.postmortem', 'journal.list', 'configuration.show'])
    assert.equal(tellsThePresent(name), false, name);
});
