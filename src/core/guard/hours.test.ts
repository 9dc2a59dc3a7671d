import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWithin, parseHours, type Span } from './hours.ts';

const spansOf = (text: string): readonly Span[] => {
  const of = parseHours(text)?.of;
  return typeof of === 'object' ? of : assert.fail(text);
};
const at = (time: string) => Date.parse(time);

test('hours and days are read in the usual ways', () => {
  assert.deepEqual(spansOf('09:00-17:00 Mon-Fri'), [{ from: 540, to: 1020, days: [1, 2, 3, 4, 5] }]);
  assert.deepEqual(spansOf('Sat,Sun'), [{ from: 0, to: 1440, days: [6, 7] }]);
  assert.deepEqual(spansOf('22:00-06:00 Fri-Mon')[0]?.days, [1, 5, 6, 7]);
  assert.equal(spansOf('08:00-10:00 Monday; 12:00-13:00 Tuesday').length, 2);
  assert.equal(parseHours('peak')?.of, 'peak');
});

test('what is no such text is refused', () => {
  for (const text of [
    '',
    '9-17',
    '25:00-26:00',
    '09:00-09:00',
    '09:61-10:00',
    'Foo',
    '09:00-17:00 Mon-Foo',
    '09:00',
    'Mon-Tue-Wed',
    '24:00-02:00',
  ])
    assert.equal(parseHours(text), undefined, text);
});

test('hours are those of the team, over midnight and over a change of the clocks', () => {
  const office = spansOf('09:00-17:00 Mon-Fri');
  assert.equal(isWithin(office, at('2026-03-04T09:00:00Z'), 'UTC'), true);
  assert.equal(isWithin(office, at('2026-03-04T17:00:00Z'), 'UTC'), false);
  assert.equal(isWithin(office, at('2026-03-07T12:00:00Z'), 'UTC'), false);
  assert.equal(isWithin(office, at('2026-03-04T00:30:00Z'), 'Australia/Sydney'), true);
  assert.equal(isWithin(office, at('2026-03-28T08:30:00Z'), 'Europe/Berlin'), false);
  assert.equal(isWithin(office, at('2026-03-30T07:30:00Z'), 'Europe/Berlin'), true, 'summer time');
  const night = spansOf('22:00-06:00 Fri');
  assert.equal(isWithin(night, at('2026-03-06T23:00:00Z'), 'UTC'), true);
  assert.equal(isWithin(night, at('2026-03-07T05:59:00Z'), 'UTC'), true);
  assert.equal(isWithin(night, at('2026-03-06T05:00:00Z'), 'UTC'), false);
});
