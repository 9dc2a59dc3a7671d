import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerOf, answersOf, sayAnswers } from './answers.ts';

const minute = 60_000;
const one = (acknowledgedAt: number | null, resolvedAt: number | null) => ({ acknowledgedAt, resolvedAt });

test('an answer is judged by its time, and none only once its time has passed', () => {
  const judge = (of: ReturnType<typeof one>, now: number) => answerOf(of, 15 * minute, now);
  assert.equal(judge(one(15 * minute, null), 60 * minute), 'in-time');
  assert.equal(judge(one(16 * minute, 20 * minute), 60 * minute), 'late');
  assert.equal(judge(one(null, null), 16 * minute), 'unanswered');
  assert.equal(judge(one(null, 30 * minute), 60 * minute), 'unanswered');
  assert.equal(judge(one(null, null), 14 * minute), 'waiting');
  assert.equal(judge(one(null, 3 * minute), 60 * minute), 'over-sooner');
});

test('what still has time and what was over sooner counts neither for nor against, and is told', () => {
  const all = [one(minute, null), one(null, null), one(null, 2 * minute), one(null, 3 * minute)];
  const young = answersOf(all, () => 15 * minute, 10 * minute);
  assert.deepEqual(young, { inTime: 1, of: 1, waiting: 1, overSooner: 2 });
  assert.equal(
    sayAnswers(young, '15 m'),
    '1 of 1 answered within 15 m (1 still has time, 2 were over sooner)',
  );
  const old = answersOf(all, () => 15 * minute, 20 * minute);
  assert.deepEqual(old, { inTime: 1, of: 2, waiting: 0, overSooner: 2 });
  assert.equal(sayAnswers(old, '15 m'), '1 of 2 answered within 15 m (2 were over sooner)');
  assert.equal(
    sayAnswers({ inTime: 0, of: 0, waiting: 0, overSooner: 1 }, '5 m'),
    'no answer was due within 5 m (1 was over sooner)',
  );
});
