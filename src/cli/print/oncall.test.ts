import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Terminal } from '../terminal.ts';
import { printResult } from './result.ts';

const terminal: Terminal = { out() {}, err() {}, hasColour: false, width: 120 };
const now = Date.UTC(2026, 5, 1, 12);
const hourMs = 3_600_000;
const duty = {
  rotation: 'primary',
  why: 'layer all',
  since: now - hourMs,
  until: now + 2 * hourMs,
  overrideUntil: null,
};

test('who is on call, for how long, and who follows; nobody stands out', () => {
  const next = { person: 'bob', name: 'Bob', at: now + 2 * hourMs };
  const text = printResult(
    terminal,
    'oncall.now',
    [
      { ...duty, person: 'ann', name: 'Ann Lee', next },
      {
        ...duty,
        rotation: 'second',
        person: null,
        name: null,
        why: 'gap: no layer covers this time',
        next: null,
      },
    ],
    now,
    'Europe/London',
  );
  assert.match(text, /primary +Ann Lee +until Mon 2026-06-01 15:00 \(2 h left\) +then Bob in 2 h +layer all/);
  assert.match(text, /second +NOBODY +until .+ \(2 h left\) +nobody follows +gap: no layer covers this time/);
  assert.match(printResult(terminal, 'oncall.now', [], now), /docs\/guide\/on-call\.md/);
});

test('an override says when it ends, and hand-offs name people and what makes them', () => {
  const next = { person: 'ann', name: 'Ann Lee', at: now + 2 * hourMs };
  const why = 'override by Cyd: dentist, instead of Ann Lee';
  const overridden = { ...duty, person: 'bob', name: 'Bob', why, overrideUntil: now + hourMs, next };
  const text = printResult(terminal, 'oncall.now', [overridden], now, 'Europe/London');
  assert.match(text, /ends Mon 2026-06-01 14:00: override by Cyd/);
  const handOff = {
    rotation: 'primary',
    at: now + hourMs,
    when: '',
    from: 'bob',
    fromName: 'Bob',
    to: 'ann',
  };
  const named = { ...handOff, name: 'Ann Lee', why: `the ${why} ends` };
  assert.match(
    printResult(terminal, 'oncall.next', [named], now, 'Europe/London'),
    /in 1 h +Bob -> Ann Lee +the override by Cyd: dentist, instead of Ann Lee ends/,
  );
});

test('what on-call costs is told of people by their names', () => {
  const ann = {
    ...{ person: 'ann', name: 'Ann Lee', pages: 3, incidents: 2, atNight: 1, nightsInterrupted: 1 },
    ...{ acknowledged: 2, acknowledgedInMs: 60_000, byHour: [], hoursOnCall: 12 },
  };
  const load = { from: now - hourMs, to: now, people: [ann], response: [] };
  assert.match(printResult(terminal, 'oncall.load', load, now), /^ +Ann Lee +3 pages/m);
});

test('of how many incidents the limit was kept is said, and what did not count is told with it', () => {
  const response = { level: 'critical', incidents: 4, acknowledged: 2, medianMs: 60_000, limitMs: 300_000 };
  const [kept, none] = [
    { inTime: 1, of: 3, waiting: 0, overSooner: 1 },
    { inTime: 0, of: 0, waiting: 1, overSooner: 0 },
  ];
  const load = { from: now - hourMs, to: now, people: [], noOutages: 2 };
  const text = printResult(
    terminal,
    'oncall.load',
    {
      ...load,
      response: [
        { ...response, withinLimit: kept, within15Minutes: { ...kept, inTime: 2 } },
        { ...response, level: 'high', withinLimit: none, within15Minutes: none },
        { ...response, level: 'low', limitMs: null, withinLimit: kept, within15Minutes: kept },
        { ...response, level: 'medium', limitMs: null, withinLimit: null, within15Minutes: kept },
      ],
    },
    now,
  );
  assert.match(text, /1 of 3 answered within the limit of 5 m \(1 was over sooner\)/);
  assert.match(text, /2 of 3 answered within 15 m/);
  assert.match(text, /high.*\n +no answer was due within the limit of 5 m \(1 still has time\)/);
  assert.match(text, /low.*\n +1 of 3 answered within the limit /);
  assert.match(text, /medium: 4 incidents, 2 acknowledged, half of them in 1 m\n +no limit is set/);
  assert.match(text, /left out: 2 that told how something is set up or what comes due/);
});

test('the schedule is on the wall clock of the team, whatever that of the rotation, with what is wrong with it below', () => {
  const shift = { from: now, to: now + hourMs, name: 'Ann', isGap: false, why: 'layer all' };
  const quality = { score: 50, gaps: [], people: [], hints: ['ann is on call alone; nobody relieves them'] };
  const text = printResult(
    terminal,
    'oncall.schedule',
    [
      {
        rotation: 'primary',
        timezone: 'Asia/Tokyo',
        from: now,
        to: now + hourMs,
        shifts: [shift],
        quality,
      },
    ],
    now,
    'Europe/London',
  );
  assert.match(text, /primary {2}quality 50 of 100/);
  assert.match(text, /Times are those of Europe\/London\.$/);
  assert.match(text, /Mon 2026-06-01 13:00 +1 h +Ann +layer all/);
  assert.match(text, /▲ ann is on call alone/);
});
