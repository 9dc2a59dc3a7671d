import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveApp } from '../../../test/served-app.ts';
import { printResult } from '../../cli/print/result.ts';
import type { ScoreboardView } from './scoreboard.ts';

const score = {
  ...{
    id: 'redis.memory-full',
    title: 'Redis is full',
    row: '23',
    isControl: false,
    passed: true,
    faults: [],
  },
  ...{ detectMs: 500, localiseMs: 3_000, mitigateMs: null, rank: 1, top1: true, top3: true, held: null },
  ...{ mitigation: 'explain', action: null, falseActions: [], damage: [], said: 'full' },
};

test('the scoreboard is that of this machine, else that of this version, and says which', async (t) => {
  const app = await serveApp();
  t.after(() => app.stop());
  const released = await app.call<ScoreboardView>('drill.scoreboard');
  assert.equal(released.origin, 'release');
  assert.ok(released.scores.length > 10 && released.totals.detected[1] > 10);
  const file = join(app.folder, 'drills.json');
  const board = {
    startedAt: 1,
    endedAt: 2,
    machine: 'here',
    holdMs: 5_000,
    scores: [score],
    notPossible: [],
  };
  writeFileSync(file, JSON.stringify(board));
  const own = await app.call<ScoreboardView>('drill.scoreboard');
  assert.deepEqual([own.origin, own.file, own.totals.passed], ['own', file, [1, 1]]);
  const terminal = { out() {}, err() {}, hasColour: false, width: 120 };
  assert.match(printResult(terminal, 'drill.scoreboard', own, 0), /redis\.memory-full/);
  writeFileSync(file, '{}');
  await assert.rejects(app.call('drill.scoreboard'), /drills\.json holds no results of drills; .*--report/);
});
