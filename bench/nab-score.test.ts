import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nabScore, probationOf, profiles, type ScoredFile } from './nab-score.ts';

/** 100 rows, windows at 40-59 and 80-89; the rows named are flagged. */
function file(...flagged: number[]): ScoredFile {
  return {
    scores: Array.from({ length: 100 }, (_, row) => (flagged.includes(row) ? 1 : 0)),
    windows: [
      [40, 59],
      [80, 89],
    ],
  };
}
const sigmoid = (p: number) => 2 / (1 + Math.exp(5 * p)) - 1;
const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

test('saying nothing is 0 in every profile, and the left edge of every window is 100', () => {
  for (const profile of Object.values(profiles)) {
    assert.equal(nabScore([file()], profile, 0.5).score, 0);
    near(nabScore([file(40, 80)], profile, 0.5).score, 100);
    near(nabScore([file(40, 80)], profile).score, 100);
  }
});

test('a window earns its best flagged row only, later rows earn less', () => {
  near(
    nabScore([file(50, 80)], profiles.standard, 0.5).score,
    ((2 + 1 + sigmoid(-0.5) / sigmoid(-1)) / 4) * 100,
  );
  assert.equal(
    nabScore([file(40, 41, 45, 80)], profiles.standard, 0.5).score,
    nabScore([file(40, 80)], profiles.standard, 0.5).score,
  );
});

test('a missed window costs a hit and the weight of a miss', () => {
  near(nabScore([file(40)], profiles.standard, 0.5).score, 50);
  near(nabScore([file(40)], profiles['reward low FN'], 0.5).score, 50);
});

test('false rows cost each: wholly before any window and far after one, less shortly after one', () => {
  const base = nabScore([file(40, 80)], profiles.standard, 0.5).score;
  near(nabScore([file(20, 21, 40, 80)], profiles.standard, 0.5).score, base - (2 * 0.11 * 100) / 4);
  near(nabScore([file(20, 40, 80)], profiles['reward low FP'], 0.5).score, base - (0.22 * 100) / 4);
  near(nabScore([file(40, 61, 80)], profiles.standard, 0.5).score, base + (0.11 * sigmoid(2 / 19) * 100) / 4);
});

test('rows of the probation count neither way', () => {
  assert.equal(probationOf(100), 15);
  assert.equal(probationOf(22_695), 750);
  near(nabScore([file(3, 14, 40, 80)], profiles.standard, 0.5).score, 100);
});

test('the best threshold is found over all files together', () => {
  const quiet = { ...file(), scores: file().scores.map((_, row) => (row === 40 || row === 80 ? 0.3 : 0.2)) };
  const loud = { ...file(), scores: file().scores.map((_, row) => (row === 40 || row === 80 ? 0.9 : 0.1)) };
  const best = nabScore([quiet, loud], profiles.standard);
  near(best.score, 100);
  assert.equal(best.threshold, 0.3);
  assert.deepEqual([best.found, best.windows, best.falseRows], [4, 4, 0]);
});
