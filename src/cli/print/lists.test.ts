/** What is held, planned, promised and let in reads as sentences and moments, with the ids that other verbs want. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WindowView } from '../../verbs/maintenance/view.ts';
import type { SilenceView } from '../../verbs/silence/view.ts';
import { printResult } from './result.ts';

const terminal = { out() {}, err() {}, hasColour: false, width: 160 };
const now = Date.parse('2026-11-22T10:00:00Z');
const hourMs = 3_600_000;
const id = '01990d2c-1111-7000-8000-000000000000';
const print = (verb: string, result: unknown) => {
  const text = printResult(terminal, verb, result, now, 'Europe/Paris');
  assert.doesNotMatch(text, /\d{12}(?<!0{12})|\b\w+: (null|true|false)|undefined|NaN|\[object/, verb);
  return text;
};

const silence: SilenceView = {
  ...{ id, matchers: ['target=web-*', 'level!=critical'], reason: 'new rack', createdBy: 'ann' },
  ...{ createdAt: now - hourMs, startsAt: now - hourMs, endsAt: now + 2 * hourMs, isActive: true },
  holds: [{ rule: 'host.cpu', target: 'web-1', since: now - 60_000 }],
  warnings: [],
  firing: { alerts: 1, inIncidents: 0 },
};

test('a silence says what it matches, until when, why, by whom and what it holds', () => {
  assert.equal(
    print('silence.create', silence),
    [
      '01990d2c-1111  target=web-*, level!=critical  until 2026-11-22 13:00:00 (2 h left)',
      '  new rack  by ann',
      '  matches 1 alert firing right now',
      '  holds back 1 alert:',
      '    host.cpu on web-1 for 1 m',
      'Times are those of Europe/Paris.',
    ].join('\n'),
  );
  const warned = print('silence.create', { ...silence, warnings: ['target=web-l holds nothing'] });
  assert.match(warned, /\n {2}! target=web-l holds nothing\n/);
  const idle = { ...silence, holds: [], firing: { alerts: 0, inIncidents: 0 } };
  assert.match(print('silence.list', [idle]), /\n {2}matches no firing alert right now/);
  const late = { ...silence, holds: [], firing: { alerts: 2, inIncidents: 1 } };
  assert.match(print('silence.create', late), /2 alerts firing right now; 1 of them in an open incident/);
  const ended = print('silence.end', { ...silence, endsAt: now, isActive: false, holds: [] });
  assert.match(ended, /ended 2026-11-22 11:00:00\n {2}new rack {2}by ann\n/);
  assert.equal(print('silence.list', []), 'No silence is like that.');
});

const window: WindowView = {
  ...{ name: 'patches', what: 'Kernel patches', starts: '2026-11-29T17:00', timezone: 'America/New_York' },
  ...{ durationMs: 2 * hourMs, rrule: 'FREQ=WEEKLY;BYDAY=SU', targets: ['db'], services: ['api', 'shop'] },
  ...{ impact: null, actionRequired: null, notify: [], noticeBeforeMs: hourMs, isExcludedFromSlo: true },
  ...{ createdBy: 'ann', isRunning: false, upcoming: [], untold: 'nobody is told: add --notify CHANNEL' },
  next: { startsAt: Date.parse('2026-11-29T22:00:00Z'), endsAt: Date.parse('2026-11-30T00:00:00Z') },
};

test('a window is on the wall clock of the team, whatever its own zone, with what it concerns and when it comes back', () => {
  assert.equal(
    print('maintenance.schedule', window),
    [
      'patches  Kernel patches',
      '  Sun 2026-11-29 23:00 – Mon 2026-11-30 01:00, in 7 d 12 h',
      '  concerns services api, shop and target db · repeats FREQ=WEEKLY;BYDAY=SU · by ann · its time counts for no SLO',
      '  ! nobody is told: add --notify CHANNEL',
      'Times are those of Europe/Paris.',
    ].join('\n'),
  );
  const next = { startsAt: now - hourMs, endsAt: now + hourMs };
  const running = {
    ...window,
    next,
    isRunning: true,
    rrule: null,
    targets: [],
    services: [],
    createdBy: null,
  };
  const text = print('maintenance.list', [running, { ...window, next: null }]);
  assert.match(text, /Sun 2026-11-22 10:00 – 12:00, runs, 1 h left/);
  assert.match(text, /concerns everything · of upkeep\.yaml · its time counts for no SLO/);
  assert.match(text, /\n {2}over\n/);
});

test('suggested hours come with how quiet they are, or with why there are none', () => {
  const slot = { weekday: 7, hour: 4, share: 0.21, weeks: 3, day: 'Sunday', at: '04:00' };
  const found = { timezone: 'Europe/Paris', by: ['db transactions'], slots: [slot], reason: null };
  assert.match(
    print('maintenance.suggest', found),
    /Sunday 04:00 +21 % of the average .* 3 weeks\nRead from db/,
  );
  assert.equal(print('maintenance.suggest', { ...found, slots: [], reason: 'unknown: x' }), 'unknown: x');
});

const objective = {
  ...{ service: 'shop', objective: 'availability', target: 0.999, latencyBelowMs: null, by: 'requests' },
  ...{ periodMs: 720 * hourMs, state: 'page', reason: 'burns 20x', measured: 0.99999999, left: 0.5 },
  ...{ words: '50 % left', span: 'of 30 d', burn: 20, exhaustedAt: now + 24 * hourMs, since: now },
  ...{
    call: { kind: 'calls' },
    bearer: 'web',
    isEnabled: true,
    page: null,
    ticket: null,
    measuredMs: 720 * hourMs,
  },
  windows: [
    {
      ...{ severity: 'page', longMs: hourMs, shortMs: hourMs / 12, factor: 14.4 },
      ...{ long: 20.123, short: null, events: 10, bad: 1, holds: true },
    },
  ],
  burnHistory: { at: [now], avg: [1] },
  budgetHistory: { at: [now], avg: [1] },
};

test('an SLO fits one screen: measured against promised, what is left, each window against its limit', () => {
  const fired = { target: 'web', labels: {}, level: 'critical', firedAt: now - hourMs, resolvedAt: null };
  const shown = { service: 'shop', objectives: [objective], isFrozen: true, from: 0, to: now };
  const text = print('slo.show', { ...shown, firings: Array(7).fill({ ...fired, incidentId: id }) });
  for (const part of [
    'shop  99.9 % available in 30 d, counted by requests',
    'measured  99.999 % in 30 d',
    'budget    50 % left of the 30 d',
    'burns too fast: calls somebody, used up in 1 d at this pace',
    '1 h burns 20x  5 m unknown  limit 14.4x  over it',
    'Changes are frozen for shop.',
    'still  incident 01990d2c-1111',
    'and 2 more',
  ])
    assert.ok(text.includes(part), `${part} in\n${text}`);
  assert.doesNotMatch(text, /History/);
  assert.match(print('slo.show', { ...shown, firings: [] }), /No burn-rate alert in the period\.$/);
});

test('a young SLO says of how much its figure is, and that the budget is of the whole period', () => {
  const young = { ...objective, measured: 0.86973, words: '95 % left', left: 0.95, measuredMs: hourMs / 4 };
  const [head = '', row = ''] = print('slo.list', { objectives: [young], frozen: [] }).split('\n');
  assert.match(head, /Service +Promise +Measured +Error budget +Burn rate +State/);
  assert.match(
    row,
    /shop +99.9 % available in 30 d +86.973 % in the 15 m known +95 % left of the 30 d +20x in 1 h +burns too fast: calls somebody$/,
  );
});

test('a state stands in no contradiction to its figures', () => {
  const [window] = objective.windows;
  const row = (more: object) =>
    print('slo.list', {
      objectives: [{ ...objective, state: 'ok', exhaustedAt: null, ...more }],
      frozen: [],
    });
  const calm = { windows: [{ ...window, long: 0.5, short: 0, holds: false }] };
  assert.match(row({ ...calm, burn: 140 }), /0.5x in 1 h +burns within the limits$/);
  assert.match(
    row({ ...calm, left: -1, words: 'spent' }),
    /spent of the 30 d .*spent, burns within the limits$/,
  );
  const ending = { windows: [{ ...window, short: 0, holds: false }] };
  assert.match(row(ending), /20x in 1 h +the last 5 m are within the limits$/);
});

test('a burn whose alert was dealt with calls nobody', () => {
  const state = (call: object) => print('slo.list', { objectives: [{ ...objective, call }], frozen: [] });
  assert.match(state({ kind: 'over' }), /burns too fast: its incident is over, nobody is called/);
  assert.match(state({ kind: 'acknowledged', by: 'ann' }), /burns too fast: ann is on it/);
  assert.match(state({ kind: 'none' }), /burns too fast: no alert of it fires/);
});

test('on-call lists what departs from the plan, with the id that cancels it', () => {
  const span = { from: now, to: now + 4 * hourMs, why: '' };
  const override = { ...span, id, rotation: 'primary', person: 'bob', replaces: 'ann', by: 'cli' };
  const listed = {
    people: [{ id: 'ann', timezone: 'Asia/Tokyo', via: {} }],
    rotations: [{ name: 'primary', timezone: 'Europe/Paris', layers: [] }],
    overrides: [override, { ...override, id: null }],
    absences: [{ ...span, person: 'ann', why: 'holiday' }],
  };
  const text = print('oncall.list', listed);
  assert.match(text, new RegExp(`${id} +primary +bob for ann +Sun 2026-11-22 11:00 – 15:00 +by cli`));
  assert.match(text, /upkeep\.yaml +primary/);
  assert.equal(text.match(/Europe\/Paris/g)?.length, 1, 'the zone is named once');
  assert.match(text, /ann +Sun 2026-11-22 11:00 – 15:00 +holiday/);
  const none = print('oncall.list', { ...listed, overrides: [], absences: [] });
  assert.equal(none, 'No override to come.\nNo absence to come.');
});

/** Longer than any line of the terminal above. */
const secretUrl = `https://upkeep.example/${'s'.repeat(200)}`;

for (const [verb, result] of [
  ['oncall.feed', { kind: 'person', name: 'ann', url: secretUrl }],
  ['account.invite', { id, role: 'viewer', name: null, expiresAt: now + hourMs, link: secretUrl }],
  ['token.create', { id, name: 'ci', scopes: ['read', 'push'], token: secretUrl }],
  ['heartbeat.create', { target: 'x', url: secretUrl, report: '; curl', start: 'curl', reachable: 'here' }],
  ['heartbeat.rotate', { target: 'x', url: secretUrl, report: '; curl', start: 'curl', reachable: 'here' }],
] as const)
  test(`${verb}: what is shown once stands whole on a line of its own`, () => {
    const text = print(verb, result);
    assert.ok(text.split('\n').includes(secretUrl), text);
    assert.match(text, /shown once/);
  });

test('tokens, sessions and invitations begin with the whole id', () => {
  const token = { id, name: 'ci', scopes: ['read'], createdAt: now, createdBy: 'ann' };
  const tokens = print('token.list', [
    { ...token, lastUsedAt: now - hourMs, revokedAt: null },
    { ...token, name: 'old', lastUsedAt: null, revokedAt: now - hourMs },
  ]);
  assert.match(tokens, new RegExp(`^ {2}${id} +ci +read +used 1 h ago +since 2026-11-22 11:00:00 by ann\n`));
  assert.match(tokens, /old +read +revoked 1 h ago/);
  const session = { id: '9c1185a5c5e9fc54', account: 'ann', createdAt: now, lastSeenAt: now - 60_000 };
  const sessions = print('session.list', [
    { ...session, expiresAt: now, agent: 'Fire\u202efox', method: 'password', address: '::1', isThis: false },
  ]);
  assert.match(sessions, /^ {2}9c1185a5c5e9fc54 +ann +seen 1 m ago +since .* password from ::1 +Fire�fox\n/);
  const invitation = {
    id,
    role: 'viewer',
    name: null,
    createdBy: 'ann',
    createdAt: now,
    expiresAt: now + hourMs,
  };
  assert.match(print('account.invitations', [invitation]), /viewer +any name +1 h left +by ann/);
});

test('jobs and senders say when they were heard of, and what belongs to nobody', () => {
  const job = { target: 'backup', hasAddress: true, lastAt: now - hourMs, outcome: 'failure', runs: 3 };
  const jobs = print('heartbeat.list', [
    { ...job, reason: 'exit code 2', durationMs: 90_000 },
    {
      target: 'new',
      hasAddress: false,
      lastAt: null,
      outcome: null,
      reason: null,
      durationMs: null,
      runs: 0,
    },
  ]);
  assert.match(jobs, /backup +failed +heard of 1 h ago +took 1 m 30 s +3 runs +exit code 2/);
  assert.match(jobs, /new +unknown +never heard of .*no address: upkeep heartbeat create new/);
  const stranger = { origin: { job: 'x' }, points: 7, firstAt: now, lastAt: now - 1_000, example: 'up' };
  const pushes = print('push.list', {
    targets: [{ target: 'app', lastAt: null, series: 0, dropped: 2 }],
    unclaimed: [stranger],
    points: { points: 9, unclaimed: 7, stale: 0 },
    alertSources: [],
  });
  assert.match(pushes, /app +nothing came yet +0 series +2 dropped/);
  assert.match(pushes, /job=x +7 points +last 1 s ago +such as up/);
  assert.match(pushes, /Alerts come from: nowhere/);
});

test('a channel works only where something arrived; else it is not used yet, or fails since when and why', () => {
  const channel = {
    ...{ name: 'hook', kind: 'webhook', fallback: null, lastDeliveredAt: null, waiting: 0 },
    ...{ failuresInARow: 0, failingSince: null, openUntil: null, lastFailure: null },
  };
  assert.match(
    print('notifier.list', [{ ...channel, health: 'unused' }]),
    /not used yet; try it: upkeep notifier test hook/,
  );
  const used = { ...channel, health: 'works', lastDeliveredAt: now - hourMs };
  assert.match(print('notifier.list', [used]), /works: last message 10:00:00/);
  const broken = {
    ...{ ...used, health: 'fails', failingSince: now - hourMs / 2, failuresInARow: 12, waiting: 2 },
    ...{ openUntil: now + 40_000, lastFailure: 'HTTP 500', fallback: 'mail' },
  };
  assert.match(
    print('notifier.list', [broken]),
    /fails since 10:30:00 +2 messages waiting\n {6}HTTP 500\n {6}12 attempts failed, next try in 40 s; last message arrived 10:00:00; mail tells in its place\n/,
  );
});
