import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CauseNews, causeName, causeNews } from './cause-news.ts';

const finding = (id: string, confidence = 0.9, more = {}) => ({ id, target: 'db', confidence, ...more });
const told = (news: CauseNews) => ('tell' in news ? news.tell : news.keep);

test('the cause is told once, and once more where it becomes another', () => {
  const first = causeNews('full@db', 0.9, []);
  assert.equal(told(first), 'cause-found');
  assert.equal(told(causeNews('full@db', 0.95, ['full@db'])), 'told-already');
  assert.equal(told(causeNews('locked@db', 0.9, ['full@db'])), 'other-cause');
});

test('what is no more than a guess waits, and after two nobody hears of a third', () => {
  assert.equal(told(causeNews(null, 0, [])), 'no-cause');
  assert.equal(told(causeNews('full@db', 0.4, [])), 'unsure');
  assert.equal(told(causeNews('c@db', 0.9, ['a@db', 'b@db'])), 'told-enough');
});

test('what only says where it fails is one cause for all that is reached at one place', () => {
  const topology = { placeOf: new Map([['web', '10.0.0.1:80']]) };
  assert.equal(
    causeName({ ...finding('down'), target: 'web', isWhereOnly: true }, topology),
    'down@10.0.0.1:80',
  );
  assert.equal(causeName({ ...finding('down'), target: 'web' }, topology), 'down@web');
});
