/** One fire drill and one control from end to end: the sandbox starts, breaks, is mended, and leaves nothing behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchSandbox } from '../../src/cli/drill-watch.ts';
import { systemClock } from '../../src/clock.ts';
import { drills } from '../../src/drills/catalogue/index.ts';
import { labs } from '../../src/drills/drill.ts';
import { runDrills } from '../../src/drills/run.ts';
import { notifiers } from '../../src/notifiers/index.ts';
import { systems } from '../../src/systems/index.ts';

test('a killed process is detected, explained and started again; a hostile log line moves nobody', {
  timeout: 500_000,
}, async () => {
  const names = ['process.killed', 'control.hostile-log'];
  const started: string[] = [];
  const board = await runDrills(
    // What is awaited ends a drill as soon as it is seen; a control is watched to its end.
    drills
      .filter((drill) => names.includes(drill.id))
      .map((drill) => ({ ...drill, withinMs: drill.causes.length > 0 ? 180_000 : 30_000 })),
    {
      clock: systemClock,
      systems,
      holdMs: 2_000,
      machine: 'this one',
      watch: (text, folder, known) =>
        watchSandbox(text, folder, { clock: systemClock, systems: known, notifiers }),
      log() {},
      onDrill: (drill, score) => void (score === null && started.push(drill.id)),
    },
  );
  assert.deepEqual(started, names);
  const [killed, hostile] = board.scores;
  assert.ok(killed);
  assert.deepEqual(killed.faults, []);
  // A restart where the endpoint is seen as refused before the process is seen as gone.
  assert.match(killed.action ?? '', /^process\.(re)?start$/);
  assert.ok(killed.detectMs !== null && killed.mitigateMs !== null && killed.held);
  assert.deepEqual(hostile?.faults, []);
  assert.deepEqual(hostile?.falseActions, []);
  assert.equal(board.notPossible.length, 0);
});

test('every drill has a name, a row of the catalogue and a sandbox of its own; a control expects nothing', () => {
  assert.equal(new Set(drills.map((drill) => drill.id)).size, drills.length);
  for (const drill of drills) {
    assert.match(drill.id, /^[a-z]+\.[a-z-]+$/);
    assert.match(drill.row, /^[BC]?\d+$/);
    assert.ok(labs.includes(drill.lab), drill.id);
    assert.equal(drill.causes.length === 0, drill.mitigation === 'nothing', drill.id);
    if (drill.mitigation === 'always' || drill.mitigation === 'ask')
      assert.ok(drill.actions.length > 0, drill.id);
    if (drill.mitigation === 'always') assert.ok(drill.symptom ?? drill.actions.length, drill.id);
  }
});
