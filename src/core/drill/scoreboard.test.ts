import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DrillScore } from './score.ts';
import {
  playedMs,
  type Scoreboard,
  scoreboardMarkdown,
  scoreCells,
  shareText,
  together,
  totalLines,
  totalsOf,
} from './scoreboard.ts';

const score = (more: Partial<DrillScore>): DrillScore => ({
  id: 'redis.memory-full',
  title: 'Redis is full',
  row: '23',
  isControl: false,
  passed: true,
  faults: [],
  detectMs: 1_000,
  localiseMs: 2_000,
  mitigateMs: null,
  rank: 1,
  top1: true,
  top3: true,
  mitigation: 'explain',
  action: null,
  held: null,
  falseActions: [],
  damage: [],
  said: 'Redis is full',
  ...more,
});
const board: Scoreboard = {
  startedAt: 0,
  endedAt: 90_000,
  machine: 'a machine',
  holdMs: 5_000,
  notPossible: [{ id: 'host.cpu-hog', title: 'Hog', row: '43', why: 'no stress-ng' }],
  scores: [
    score({}),
    score({
      id: 'a',
      detectMs: null,
      localiseMs: null,
      rank: 2,
      top1: false,
      passed: false,
      faults: ['not detected', 'a | b'],
    }),
    score({ id: 'b', mitigation: 'always', held: true, mitigateMs: 3_000, action: 'process.restart' }),
    score({ id: 'c', mitigation: 'ask', action: null }),
    score({
      id: 'C1',
      isControl: true,
      mitigation: 'nothing',
      detectMs: null,
      localiseMs: null,
      top1: null,
      top3: null,
      rank: null,
      falseActions: ['process.restart on api (done)'],
    }),
  ],
};

test('totals count faults, controls and mitigations each among their own', () => {
  const totals = totalsOf(board);
  assert.deepEqual(totals.passed, [4, 5]);
  assert.deepEqual(totals.detected, [3, 4]);
  assert.deepEqual(totals.top1, [3, 4]);
  assert.deepEqual(totals.top3, [4, 4]);
  assert.deepEqual(totals.mitigated, [1, 1]);
  assert.deepEqual(totals.proposed, [0, 1]);
  assert.deepEqual(totals.quietControls, [0, 1]);
  assert.equal(totals.falseActions, 1);
  assert.equal(totals.detectMs, 1_000);
});

test('what drills took counts by drill, whenever each was played; of older boards it is their span', () => {
  assert.equal(playedMs(board), 90_000);
  const parts = {
    ...board,
    endedAt: 9_000_000,
    scores: [score({ tookMs: 4_000 }), score({ tookMs: 5_000 })],
  };
  assert.equal(playedMs(parts), 9_000);
});

test('a share never rounds up to all of it, and of nothing there is none', () => {
  assert.equal(shareText([199, 200]), '199 of 200 (99 %)');
  assert.equal(shareText([0, 0]), 'none played');
});

test('two causes that lead together stand in places 1 and 2, which counts as the first place', () => {
  const cause = (rank: number | null, top1: boolean) => scoreCells(score({ rank, top1 }))[4];
  assert.equal(cause(2, true), 'places 1 and 2');
  assert.equal(cause(2, false), 'place 2');
  assert.equal(cause(1, true), 'place 1');
  assert.equal(cause(null, false), 'not named');
});

test('totals of which nothing was played have no line', () => {
  const control = score({ isControl: true, mitigation: 'nothing', top1: null, top3: null, detectMs: null });
  assert.deepEqual(
    totalLines({ ...board, scores: [control] }).map(([what]) => what),
    [...['Passed', 'Controls without any action', 'False actions', 'Damage']],
  );
  const mending = score({ id: 'control.two-faults', mitigation: 'always', held: true });
  assert.ok(!totalLines({ ...board, scores: [mending] }).some(([, text]) => text.includes('none')));
});

test('the report tells each drill, what failed and what was not possible; cells do not break the table', () => {
  const text = scoreboardMarkdown(board, () => '2026-11-22T15:00:00Z');
  assert.match(text, /\| Detected \| 3 of 4 \(75 %\), half of them within 1 s \|/);
  assert.match(text, /\| redis\.memory-full \| 23 \| passed \| 1 s \| place 1 \|/);
  assert.match(text, /- `a` \(Redis is full\): not detected; a \\\| b\. Said first: Redis is full\./);
  assert.match(text, /- `host\.cpu-hog` \(Hog\): no stress-ng/);
  assert.match(text, /\| b \| 23 \| passed \| 1 s \| place 1 \| 2 s \| process\.restart held \| 3 s \|/);
});

test('what is played again takes the place of its earlier result; the rest stays', () => {
  const again = score({ id: 'a', passed: true });
  const hog = score({ id: 'host.cpu-hog' });
  const both = together(board, { ...board, startedAt: 100_000, scores: [again, hog], notPossible: [] });
  assert.deepEqual(
    both.scores.map((one) => [one.id, one.passed]),
    [
      ['redis.memory-full', true],
      ['b', true],
      ['c', true],
      ['C1', true],
      ['a', true],
      ['host.cpu-hog', true],
    ],
  );
  assert.deepEqual(both.notPossible, [], 'what was played by now is possible');
  const notNow = together(board, {
    ...board,
    scores: [],
    notPossible: [{ id: 'a', title: 'A', row: '1', why: 'busy' }],
  });
  assert.ok(notNow.scores.some((one) => one.id === 'a'));
  assert.deepEqual(
    notNow.notPossible.map((one) => one.id),
    ['host.cpu-hog'],
  );
});
