/** Clocks, quiet hours, load, quality and the cursor of a policy. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CountedIncident, statisticsOf } from '../incident/statistics.ts';
import { askedAt, spansOf } from '../incident/times.ts';
import { dueAt, warnAt } from './clocks.ts';
import { loadOf } from './load.ts';
import { type EscalationPolicy, noOnCall, type Person } from './model.ts';
import { type Cursor, grouped, nextStep } from './policy.ts';
import { qualityOf } from './quality.ts';
import { quietUntil } from './quiet.ts';
import type { Shift } from './schedule.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;

function person(changes: Partial<Person> = {}): Person {
  return {
    ...{ id: 'ann', name: 'Ann', timezone: 'Europe/London', reach: { phone: '1' }, via: {}, calendar: null },
    quietHours: { from: 22 * 60, to: 7 * 60, levels: ['medium', 'low'] },
    ...changes,
  };
}

test('quiet hours end on the wall clock, also in the nights that are an hour shorter or longer', () => {
  const until = (text: string) => {
    const end = quietUntil(person(), 'medium', Date.parse(text));
    return end === null ? null : new Date(end).toISOString().slice(0, 16);
  };
  assert.equal(until('2026-03-28T23:30:00Z'), '2026-03-29T06:00', 'the clocks go forward');
  assert.equal(until('2026-10-25T00:30:00Z'), '2026-10-25T07:00', 'the clocks go back');
  assert.equal(until('2026-10-25T07:00:00Z'), null);
  assert.equal(quietUntil(person(), 'critical', Date.parse('2026-10-25T00:30:00Z')), null);
  assert.equal(quietUntil(person(), 'high', Date.parse('2026-10-25T00:30:00Z')), null);
  assert.equal(quietUntil(person({ quietHours: null }), 'low', 0), null);
});

test('a clock is a span, or the end of the next working day in the zone of the team', () => {
  assert.equal(dueAt(5 * minuteMs, 1_000, 'UTC'), 1_000 + 5 * minuteMs);
  const due = (text: string) =>
    new Date(dueAt('next-business-day', Date.parse(text), 'Australia/Sydney')).toISOString();
  // 2026-11-20 is a Friday; Sydney is eleven hours ahead then.
  assert.equal(due('2026-11-20T01:00:00Z'), '2026-11-23T06:00:00.000Z');
  assert.equal(due('2026-11-22T14:00:00Z'), '2026-11-24T06:00:00.000Z', 'there it is Monday already');
  assert.equal(warnAt(0, 100), 80);
});

test('load: hours, nights and answers are those of the person, the response is that of all incidents', () => {
  const at = Date.parse('2026-06-01T22:30:00Z');
  const opened = (detectedAt: number, changes: Partial<CountedIncident> = {}): CountedIncident => ({
    ...{ id: 'i', title: 'i', lead: 'i', level: 'critical', services: [], reopened: 0, isMerged: false },
    ...{ acknowledgedBy: null, acknowledgedAt: null, mitigatedAt: null, resolvedAt: null },
    ...{ beganAt: detectedAt, detectedAt },
    ...changes,
  });
  const facts = {
    ...{ from: 0, to: at + hourMs, timezone: 'UTC', hoursOnCall: new Map([['ann', 12]]) },
    oncall: {
      ...noOnCall,
      people: [person()],
      clocks: { critical: { respond: 5 * minuteMs, resolve: null } },
    },
    pages: [
      { person: 'ann', incidentId: 'a', at },
      { person: 'ann', incidentId: 'a', at: at + minuteMs },
      { person: 'ann', incidentId: 'b', at: at - 10 * hourMs },
    ],
    incidents: [
      opened(at, { acknowledgedBy: 'ann', acknowledgedAt: at + 4 * minuteMs }),
      opened(at - 10 * hourMs, { acknowledgedAt: at - 10 * hourMs + 20 * minuteMs }),
      opened(at),
      opened(at, { resolvedAt: at + minuteMs }),
      opened(at + 58 * minuteMs),
      opened(at, { isMerged: true }),
      opened(at, { isNoOutage: true }),
    ],
  };
  const load = loadOf({
    ...facts,
    incidents: facts.incidents.map((one) => ({
      ...one,
      askedAt: askedAt(one),
      acknowledgeMs: spansOf(one).acknowledgeMs,
    })),
  });
  const [ann] = load.people;
  assert.equal(ann?.name, person().name);
  assert.deepEqual([ann?.pages, ann?.incidents, ann?.nightsInterrupted], [3, 2, 1]);
  assert.deepEqual([ann?.byHour[23], ann?.byHour[13]], [2, 1], 'London is an hour ahead in summer');
  assert.deepEqual([ann?.atNight, ann?.acknowledged], [2, 1]);
  assert.equal(ann?.acknowledgedInMs, 4 * minuteMs, 'what the command line acknowledged is nobody’s');
  const critical = load.response.find((one) => one.level === 'critical');
  assert.deepEqual([critical?.incidents, critical?.acknowledged, load.noOutages], [5, 2, 1]);
  assert.deepEqual(critical?.withinLimit, { inTime: 1, of: 3, waiting: 1, overSooner: 1 });
  const { response } = statisticsOf(facts.incidents, facts.pages, {
    ...{ from: facts.from, to: facts.to, withinMs: 15 * minuteMs, zoneOf: () => 'UTC' },
  });
  assert.deepEqual(
    { ...critical?.within15Minutes, withinMs: response.withinMs, share: response.share },
    response,
    'both count alike',
  );
});

test('quality: a gap and one person too much cost points and are named', () => {
  const shift = (person_: string | null, from: number, to: number): Shift => ({
    ...{ person: person_, from: from * hourMs, to: to * hourMs },
    reason: person_ === null ? { kind: 'gap', why: 'none' } : { kind: 'layer', layer: 'all' },
  });
  assert.equal(qualityOf([shift('ann', 0, 10), shift('bob', 10, 20)], 0).score, 100);
  const uneven = qualityOf([shift('ann', 0, 80), shift('bob', 80, 100), shift(null, 100, 110)], 0);
  assert.deepEqual(uneven.hints, ['nobody is on call for 10 h in 1 gap', 'ann has 80 % of the time']);
  assert.ok(uneven.score < 70);
  const after = (now: number) =>
    qualityOf([shift('ann', 0, 10), shift('bob', 10, 20), shift(null, 20, 30)], now * hourMs).hints;
  assert.deepEqual(after(24), ['nobody is on call for 6 h in 1 gap'], 'what is left of it');
  assert.deepEqual(after(30), [], 'nobody can mend what is over');
});

test('the cursor of any policy, edited at any time, only goes forward and comes to an end', () => {
  const policy = fc
    .record({
      after: fc.uniqueArray(fc.integer({ min: 0, max: 50 }), { maxLength: 5 }),
      times: fc.integer({ min: 0, max: 3 }),
    })
    .map(
      ({ after, times }): EscalationPolicy => ({
        ...{ name: 'p', unacknowledgeAfterMs: null },
        steps: grouped(after.map((minutes) => ({ afterMs: minutes * minuteMs, notify: 'a' }))),
        repeat: times === 0 ? null : { times, everyMs: 60 * minuteMs },
      }),
    );
  fc.assert(
    fc.property(fc.array(policy, { minLength: 1, maxLength: 30 }), (edits) => {
      let cursor: Cursor = { round: 0, step: 0, doneMs: -1, beganAt: 0 };
      const taken = new Set<string>();
      for (let index = 0; index < 200; index++) {
        const current = edits[Math.min(index, edits.length - 1)];
        assert.ok(current);
        const next = nextStep(current, cursor);
        if (next.kind === 'end') {
          if (index >= edits.length) return;
          continue;
        }
        const key = `${next.cursor.round}.${next.cursor.step}`;
        assert.ok(!taken.has(key), `${key} is taken once`);
        taken.add(key);
        cursor = { ...next.cursor, step: next.cursor.step + 1, doneMs: next.step.afterMs };
      }
      assert.fail('it never ends');
    }),
  );
});
