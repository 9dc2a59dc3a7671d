/** Two years in three zones, against an independent reading of the wall clock (Intl). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Layer, Rotation } from './model.ts';
import { dutyAt, handOffsOf, noAdjustments, shiftsOf } from './schedule.ts';
import { instantOf, parseInstant, wallTime } from './wall-time.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
const begin = Date.UTC(2026, 0, 1);
const end = Date.UTC(2028, 0, 1);
const zones = ['Australia/Sydney', 'America/Los_Angeles', 'Europe/London'] as const;

function layer(changes: Partial<Layer> = {}): Layer {
  return {
    name: 'all',
    people: ['ann', 'bob', 'cyd'],
    timezone: 'UTC',
    turnMinutes: 7 * 1_440,
    anchor: '2024-01-01T09:00',
    startsAt: 0,
    endsAt: null,
    during: [],
    ...changes,
  };
}

function rotation(...layers: Layer[]): Rotation {
  return { name: 'primary', layers, overrides: [] };
}

/** What a clock on the wall shows, by ICU and not by us. */
function wall(timezone: string) {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (at: number) => format.format(at);
}

for (const timezone of zones) {
  test(`${timezone}: for every minute of two years exactly one person, weekly hand-offs at Monday 09:00`, () => {
    const shifts = shiftsOf(rotation(layer({ timezone })), noAdjustments, begin, end);
    let at = begin;
    for (const shift of shifts) {
      assert.equal(shift.from, at, 'no hole and no overlap');
      assert.ok(shift.person);
      at = shift.to;
    }
    assert.equal(at, end);
    const show = wall(timezone);
    const inner = shifts.slice(1);
    assert.equal(inner.length, 104);
    for (const { from } of inner) assert.equal(show(from), 'Mon 09:00');
    const hours = new Set(inner.slice(0, -1).map(({ from, to }) => (to - from) / 3_600_000));
    assert.deepEqual([...hours].sort(), [167, 168, 169], 'the weeks of the changes are an hour off');
    const people = inner.map((shift) => shift.person);
    for (const [index, person] of people.entries())
      assert.equal(person, people[(index + 3) % 3 === index % 3 ? index % 3 : 0], 'in their order');
  });

  test(`${timezone}: office hours are those of the wall clock for every minute of two years`, () => {
    const office = layer({
      timezone,
      turnMinutes: 1_440,
      during: [{ days: [1, 2, 3, 4, 5], from: 9 * 60, to: 17 * 60 }],
    });
    const shifts = shiftsOf(rotation(office), noAdjustments, begin, end);
    const show = wall(timezone);
    let index = 0;
    for (let at = begin; at < end; at += 15 * minuteMs) {
      while ((shifts[index]?.to ?? end) <= at) index++;
      const [weekday = '', time = ''] = show(at).split(' ');
      const isOffice = !weekday.startsWith('S') && time >= '09:00' && time < '17:00';
      assert.equal(shifts[index]?.person !== null, isOffice, `${new Date(at).toISOString()} ${show(at)}`);
    }
  });

  test(`${timezone}: nights that lie on a change of the clocks are covered once, without a lost or double hour`, () => {
    const night = layer({
      name: 'night',
      people: ['ann'],
      timezone,
      turnMinutes: 1_440,
      during: [{ days: [1, 2, 3, 4, 5, 6, 7], from: 20 * 60, to: 8 * 60 }],
    });
    const day = layer({
      name: 'day',
      people: ['bob'],
      timezone,
      turnMinutes: 1_440,
      during: [{ days: [1, 2, 3, 4, 5, 6, 7], from: 8 * 60, to: 20 * 60 }],
    });
    const shifts = shiftsOf(rotation(night, day), noAdjustments, begin, end);
    assert.ok(shifts.every((shift) => shift.person !== null));
    const both = shiftsOf(rotation(day, night), noAdjustments, begin, end);
    assert.deepEqual(
      both.map(({ person, from }) => [person, from]),
      shifts.map(({ person, from }) => [person, from]),
      'they never overlap, so their order does not matter',
    );
    const show = wall(timezone);
    for (const { from, person } of shifts.slice(1))
      assert.equal(show(from).slice(-5), person === 'ann' ? '20:00' : '08:00');
  });
}

test('follow the sun: three offices of eight hours leave no minute of two years to nobody', () => {
  const everyDay = [1, 2, 3, 4, 5, 6, 7] as const;
  const office = (name: string, timezone: string, from: number, to: number) =>
    layer({ name, people: [name], timezone, turnMinutes: 1_440, during: [{ days: everyDay, from, to }] });
  const sun = rotation(
    office('sydney', 'Australia/Sydney', 7 * 60, 19 * 60),
    office('london', 'Europe/London', 7 * 60, 19 * 60),
    office('angeles', 'America/Los_Angeles', 7 * 60, 19 * 60),
  );
  const shifts = shiftsOf(sun, noAdjustments, begin, end);
  assert.ok(shifts.every((shift) => shift.person !== null));
  assert.equal(new Set(shifts.map((shift) => shift.person)).size, 3);
});

test('around each change of the clocks: the list and the question of one moment agree', () => {
  for (const timezone of zones) {
    const hourly = rotation(layer({ timezone, turnMinutes: 60, anchor: '2026-01-01T00:30' }));
    for (const change of [
      '2026-03-08',
      '2026-03-29',
      '2026-04-05',
      '2026-10-04',
      '2026-10-25',
      '2026-11-01',
    ]) {
      const from = Date.parse(`${change}T00:00Z`) - dayMs;
      const shifts = shiftsOf(hourly, noAdjustments, from, from + 2 * dayMs);
      for (const shift of shifts) {
        for (let at = shift.from; at < shift.to; at += 7 * minuteMs)
          assert.equal(dutyAt(hourly, noAdjustments, at).person, shift.person);
      }
    }
  }
});

test('random layers, overrides and absences: shifts fill the range, nobody absent is planned, questions agree', () => {
  const span = fc
    .tuple(fc.integer({ min: 0, max: 60 * 24 }), fc.integer({ min: 1, max: 24 * 14 }))
    .map(([from, hours]) => ({ from: begin + from * 3_600_000, to: begin + (from + hours) * 3_600_000 }));
  const person = fc.constantFrom('ann', 'bob', 'cyd');
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.constantFrom(4 * 60, 12 * 60, 1_440, 3 * 1_440, 7 * 1_440),
      fc.array(fc.tuple(span, person), { maxLength: 4 }),
      fc.array(fc.tuple(span, person), { maxLength: 4 }),
      fc.array(fc.integer({ min: 0, max: 60 * 24 * 60 - 1 }), { minLength: 5, maxLength: 20 }),
      (timezone, turnMinutes, away, taken, probes) => {
        const absences = away.map(([when, who]) => ({ ...when, person: who, why: 'leave' }));
        const overrides = taken.map(([when, who], index) => ({
          ...{ ...when, person: who, id: String(index), rotation: 'primary', replaces: null },
          ...{ by: 'ann', why: '', madeAt: index },
        }));
        const adjusted = { absences, overrides };
        const subject = rotation(layer({ timezone, turnMinutes }));
        const to = begin + 60 * dayMs;
        const shifts = shiftsOf(subject, adjusted, begin, to);
        assert.equal(shifts[0]?.from, begin);
        assert.equal(shifts.at(-1)?.to, to);
        for (const [index, shift] of shifts.entries()) {
          if (index > 0) assert.equal(shift.from, shifts[index - 1]?.to);
          const isAway = absences.some(
            (one) => one.person === shift.person && one.from < shift.to && shift.from < one.to,
          );
          if (shift.reason.kind !== 'override') assert.ok(!isAway);
        }
        for (const minutes of probes) {
          const at = begin + minutes * minuteMs;
          const shift = shifts.find((one) => one.from <= at && at < one.to);
          assert.deepEqual(dutyAt(subject, adjusted, at).person, shift?.person);
        }
      },
    ),
    { numRuns: 15 },
  );
});

test('an override wins over the layer, a swap only over the person it names, and each says why', () => {
  const daily = rotation(layer({ turnMinutes: 1_440, anchor: '2026-01-01T00:00' }));
  const take = { id: 'o1', rotation: 'primary', by: 'cyd', why: 'dentist', madeAt: 1 };
  const overrides = [
    { ...take, person: 'cyd', replaces: 'ann', from: begin, to: begin + 3 * dayMs },
    { ...take, person: 'ann', replaces: 'cyd', from: begin, to: begin + 3 * dayMs },
  ];
  const shifts = shiftsOf(daily, { overrides, absences: [] }, begin, begin + 4 * dayMs);
  assert.deepEqual(
    shifts.map((shift) => shift.person),
    ['cyd', 'bob', 'ann', 'ann'],
  );
  assert.deepEqual(shifts[0]?.reason, {
    ...{ kind: 'override', id: 'o1', by: 'cyd', why: 'dentist', insteadOf: 'ann' },
  });
});

test('who is away is replaced by who follows; nobody left is a gap that says why', () => {
  const daily = rotation(layer({ people: ['ann', 'bob'], turnMinutes: 1_440, anchor: '2026-01-01T00:00' }));
  const away = (person: string) => ({ person, from: begin, to: begin + dayMs, why: 'leave' });
  assert.deepEqual(dutyAt(daily, { overrides: [], absences: [away('ann')] }, begin), {
    person: 'bob',
    reason: { kind: 'absence', layer: 'all', insteadOf: 'ann', why: 'leave' },
  });
  assert.deepEqual(dutyAt(daily, { overrides: [], absences: [away('ann'), away('bob')] }, begin), {
    person: null,
    reason: { kind: 'gap', why: 'everybody of layer all is away' },
  });
});

test('hand-offs go from person to person, across gaps too', () => {
  const shift = (person: string | null, from: number) => ({
    ...{ person, from, to: from + 1 },
    reason: { kind: 'gap', why: '' } as const,
  });
  const shifts = [shift('ann', 0), shift(null, 1), shift('ann', 2), shift('bob', 3)];
  assert.deepEqual(handOffsOf(shifts), [{ at: 3, from: 'ann', to: 'bob' }]);
});

test('wall times: skipped ones lie after the gap, double ones are the first, zones are taken as written', () => {
  const day = wallTime(Date.UTC(2026, 2, 29, 12), 'Europe/London').day;
  assert.equal(new Date(instantOf(day, 90, 'Europe/London')).toISOString(), '2026-03-29T01:30:00.000Z');
  const autumn = wallTime(Date.UTC(2026, 9, 25, 12), 'Europe/London').day;
  assert.equal(new Date(instantOf(autumn, 90, 'Europe/London')).toISOString(), '2026-10-25T00:30:00.000Z');
  assert.equal(parseInstant('2026-07-01 09:00', 'Europe/London'), Date.UTC(2026, 6, 1, 8));
  assert.equal(parseInstant('2026-07-01T09:00:00Z', 'Europe/London'), Date.UTC(2026, 6, 1, 9));
  assert.equal(parseInstant('2026-07-01 09:00:17', 'Europe/London'), Date.UTC(2026, 6, 1, 8, 0, 17));
  assert.equal(parseInstant('2026-07-01 09:00:17.250', 'UTC'), Date.UTC(2026, 6, 1, 9, 0, 17, 250));
  assert.equal(parseInstant('2026-07-01 09:00:61', 'UTC'), undefined);
  assert.equal(parseInstant('2026-02-30', 'UTC'), undefined);
  assert.equal(parseInstant('soon', 'UTC'), undefined);
});
