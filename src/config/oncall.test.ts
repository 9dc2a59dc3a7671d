import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handOffsOf, noAdjustments, shiftsOf } from '../core/oncall/schedule.ts';
import { wallText } from '../core/oncall/wall-time.ts';
import { notifiers, systems } from './fixtures/systems.ts';
import { formatProblem } from './problem.ts';
import { readConfiguration } from './read.ts';

function read(oncall: string) {
  const text = `
timezone: Europe/London
targets: { a: { system: jar } }
services: { shop: { targets: [a] } }
notify: { mail: { notifier: bell, url: x }, phone: { notifier: bell, url: y }, team: { notifier: bell, url: z } }
oncall:
${oncall.replace(/^/gm, '  ')}`;
  const file = 'upkeep.yaml';
  return readConfiguration({ file, text, env: {}, systems, notifiers, readFile: () => '' });
}

function good(oncall: string) {
  const reading = read(oncall);
  assert.deepEqual(reading.problems.map(formatProblem), []);
  assert.ok(reading.configuration);
  return reading.configuration;
}

const team = `
people:
  ann: { name: Ann Lee, timezone: Australia/Sydney, reach: { phone: "+61", mail: ann@x }, via: { critical: [phone, mail] } }
  bob: { reach: { mail: bob@x }, quietHours: "21:00-08:00" }
quietHours: { at: "22:00-07:00", levels: [low] }
`;

test('people, rotations, policies and clocks are read with their defaults', () => {
  const { oncall, escalation } = good(`${team}
rotations:
  primary: { people: [ann, bob], handoff: tuesday 10:00, start: "2026-01-07" }
policies:
  standard:
    steps: [{ notify: [primary, team] }, { notify: bob, after: 10m }]
    repeat: { times: 2, every: 30m }
    unacknowledgeAfter: 1h
escalation: { critical: standard, low: [{ notify: team }] }
services: { shop: { high: standard } }
clocks: { critical: { respond: 5m, resolve: 4h }, low: { respond: next business day } }
`);
  assert.deepEqual(
    oncall.people.map(({ id, name, timezone, quietHours }) => [id, name, timezone, quietHours?.from]),
    [
      ['ann', 'Ann Lee', 'Australia/Sydney', 22 * 60],
      ['bob', 'bob', 'Europe/London', 21 * 60],
    ],
  );
  assert.deepEqual(oncall.people[0]?.quietHours?.levels, ['low']);
  assert.deepEqual(oncall.people[1]?.quietHours?.levels, ['medium', 'low']);
  assert.deepEqual(oncall.policies, [
    {
      name: 'standard',
      steps: [
        { afterMs: 0, notify: ['primary', 'team'] },
        { afterMs: 600_000, notify: ['bob'] },
      ],
      repeat: { times: 2, everyMs: 1_800_000 },
      unacknowledgeAfterMs: 3_600_000,
    },
  ]);
  assert.deepEqual(oncall.policyOf, { critical: 'standard' });
  assert.deepEqual(oncall.services, { shop: { high: 'standard' } });
  assert.deepEqual(escalation.low, [{ notify: 'team', afterMs: 0 }]);
  assert.deepEqual(oncall.clocks, {
    critical: { respond: 300_000, resolve: 14_400_000 },
    low: { respond: 'next-business-day', resolve: null },
  });
  const [layer] = oncall.rotations[0]?.layers ?? [];
  assert.equal(layer?.anchor, '2026-01-06T10:00', 'the Tuesday before the start');
});

test('a start in the middle of a week begins there; hand-offs follow on their weekday', () => {
  const { oncall } = good(`${team}
rotations: { primary: { people: [ann, bob], handoff: tuesday 10:00, start: "2026-03-25" } }`);
  const [primary] = oncall.rotations;
  assert.ok(primary);
  const shifts = shiftsOf(primary, noAdjustments, Date.UTC(2026, 2, 24), Date.UTC(2026, 3, 8));
  assert.deepEqual(
    shifts.map(({ person, from }) => `${wallText(from, 'Europe/London')} ${person}`),
    [
      'Tue 2026-03-24 00:00 null',
      'Wed 2026-03-25 00:00 ann',
      'Tue 2026-03-31 10:00 bob',
      'Tue 2026-04-07 10:00 ann',
    ],
  );
});

test('layers with windows, overrides and absences are read on the wall clock of their zone', () => {
  const { oncall } = good(`
people:
  ann: { reach: { mail: a }, away: [{ from: "2026-12-24", to: "2026-12-26", why: Christmas }] }
  bob: { reach: { mail: b } }
  cyd: { reach: { mail: c } }
rotations:
  primary:
    layers:
      office: { people: ann, every: daily, during: "weekdays 09:00-17:00" }
      rest: { people: [bob, cyd], every: 12h, handoff: "08:00" }
    overrides: [{ person: cyd, from: "2026-12-31 12:00", to: "2027-01-01 00:00", why: fireworks }]
`);
  const [primary] = oncall.rotations;
  assert.ok(primary);
  const adjusted = { overrides: [], absences: oncall.absences };
  const shifts = shiftsOf(primary, adjusted, Date.UTC(2026, 11, 23), Date.UTC(2026, 11, 25));
  assert.deepEqual(
    shifts.map(({ person, from }) => `${wallText(from, 'UTC').slice(-5)} ${person}`),
    ['00:00 cyd', '08:00 bob', '09:00 ann', '17:00 bob', '20:00 cyd', '08:00 bob', '20:00 cyd'],
  );
  const late = shiftsOf(primary, adjusted, Date.UTC(2026, 11, 31, 9), Date.UTC(2027, 0, 2));
  assert.deepEqual(handOffsOf(late).slice(0, 2), [
    { at: Date.UTC(2026, 11, 31, 12), from: 'ann', to: 'cyd' },
    { at: Date.UTC(2027, 0, 1, 8), from: 'cyd', to: 'bob' },
  ]);
});

const bad: Record<string, [string, string[]]> = {
  'unknown people, empty rotations, nobody reachable': [
    `people:
  ann: { reach: { mial: a } }
  bob: {}
rotations:
  primary: { people: [ann, bbo] }
  empty: { people: [] }
`,
    [
      'upkeep.yaml:8:21 oncall.people.ann.reach.mial: there is no notifier "mial" (did you mean mail?)',
      'upkeep.yaml:9:5 oncall.people.bob: cannot be reached: no notifier in reach (write reach: { mail: ADDRESS })',
      'upkeep.yaml:11:30 oncall.rotations.primary.people[1]: there is no person "bbo" (did you mean bob?)',
      'upkeep.yaml:12:14 oncall.rotations.empty.people: has nobody in it (write people: [ann, bob])',
    ],
  ],
  'names that mean two things': [
    `people: { mail: { reach: { mail: a } }, ann: { reach: { mail: a } } }
rotations: { ann: { people: [ann] } }
`,
    [
      'upkeep.yaml:7:13 oncall.people.mail: is also the name of a notifier (rename one of the two)',
      'upkeep.yaml:8:16 oncall.rotations.ann: is also the name of a notifier or a person (rename one of the two)',
    ],
  ],
  'times and lengths': [
    `people: { ann: { reach: { mail: a }, quietHours: night, timezone: Sydney } }
rotations:
  a: { people: [ann], every: 20m }
  b: { people: [ann], every: daily, handoff: monday 09:00 }
  c: { people: [ann], during: sometimes }
`,
    [
      'upkeep.yaml:7:52 oncall.people.ann.quietHours: "night" is no span of the day (use "22:00-07:00")',
      'upkeep.yaml:7:69 oncall.people.ann.timezone: there is no time zone "Sydney" (use a name like Europe/Berlin or UTC)',
      'upkeep.yaml:9:32 oncall.rotations.a.every: "20m" is no length of a turn (use daily, weekly, 12h, 3d or 2w; at least 1h)',
      'upkeep.yaml:10:48 oncall.rotations.b.handoff: names a weekday, but turns are not weeks (use "09:00", or every: weekly)',
      'upkeep.yaml:11:33 oncall.rotations.c.during: "sometimes" is no part of the week (use "weekdays 09:00-17:00")',
    ],
  ],
  'policies and overlaps': [
    `people: { ann: { reach: { mail: a } }, bob: { reach: { mail: b } } }
quietHours: { at: "22:00-07:00", levels: [critical] }
rotations:
  primary:
    people: [ann]
    overrides:
      - { person: ann, from: "2026-12-01", to: "2026-12-03" }
      - { person: bob, from: "2026-12-03", to: "2026-12-04" }
      - { person: bob, from: "2026-12-05", to: "2026-12-04" }
policies:
  p: { steps: [{ notify: primary }, { notify: an, after: 20m }], repeat: { every: 10m } }
  q: {}
escalation: { critical: pp }
services: { shpo: p }
`,
    [
      'upkeep.yaml:8:45 oncall.quietHours.levels[0]: critical never waits (leave it out)',
      'upkeep.yaml:14:11 oncall.rotations.primary.overrides[1]: overlaps the override of ann (at one time one person takes over)',
      'upkeep.yaml:15:50 oncall.rotations.primary.overrides[2].to: ends before it begins',
      'upkeep.yaml:17:49 oncall.policies.p.steps[1].notify: there is no notifier, person or rotation "an" (did you mean ann?)',
      'upkeep.yaml:18:5 oncall.policies.q: has no steps (write steps: [{ notify: primary }])',
      'upkeep.yaml:19:27 oncall.escalation.critical: there is no policy "pp" (did you mean p?)',
      'upkeep.yaml:20:15 oncall.services.shpo: there is no service "shpo"',
    ],
  ],
};

for (const [name, [text, lines]] of Object.entries(bad)) {
  test(`problems: ${name}`, () => {
    assert.deepEqual(read(text).problems.map(formatProblem), lines);
  });
}
