import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../alert.ts';
import { toldOf } from '../journal-words.ts';
import type { JournalEntry } from '../view.ts';
import { impactOf } from './impact.ts';
import { type Past, retrospect } from './retrospect.ts';

const minute = 60_000;
const alert = (changes: Partial<Alert> = {}): Alert => ({
  ...{
    id: 'a',
    fingerprint: 'f',
    rule: 'http.down',
    target: 'web',
    labels: {},
    summary: 'is down',
    state: 'resolved',
  },
  ...{
    ruleLevel: 'critical',
    level: 'critical',
    value: 0,
    threshold: 0,
    detail: '',
    since: 0,
    firedAt: 10_000,
  },
  ...{ resolvedAt: 20 * minute, incidentId: 'i', heldBy: null },
  ...changes,
});
const entry = (kind: string, payload: JournalEntry['payload'] = {}, at = 0): JournalEntry => ({
  ...{
    seq: 1,
    at,
    actor: 'upkeep',
    kind,
    subject: '',
    payload,
    hash: '',
    told: toldOf({ actor: 'upkeep', kind, payload }),
  },
});
const impact = impactOf(
  { services: ['shop'], allServices: ['shop'], openedAt: 0, resolvedAt: 1, entered: null, measures: [] },
  1,
);
const past = (changes: Partial<Past> = {}): Past => ({
  ...{ level: 'critical', lead: 'web', alerts: [alert()], actions: [], findings: [], journal: [], muted: [] },
  times: {
    beganAt: 0,
    detectedAt: 10_000,
    acknowledgedAt: minute,
    mitigatedAt: null,
    resolvedAt: 20 * minute,
  },
  ...{ earlier: 0, impact },
  ...changes,
});
const has = (lines: readonly string[], pattern: RegExp) =>
  assert.ok(
    lines.some((line) => pattern.test(line)),
    lines.join('\n'),
  );
const hasNot = (lines: readonly string[], pattern: RegExp) =>
  assert.ok(!lines.some((line) => pattern.test(line)), lines.join('\n'));

test('quick steps went well', () => {
  const { well, badly } = retrospect(past());
  has(well, /detected 10 s after it began, by http\.down on web/);
  has(
    retrospect(past({ times: { ...past().times, onset: 'last-good' } })).well,
    /^It was detected at most 10 s after it began/,
  );
  has(well, /on it 50 s after/);
  has(well, /restored within 20 m/);
  hasNot(badly, /took|longest/);
});

test('what was resolved by hand while it was broken was not restored', () => {
  const { well, badly } = retrospect(
    past({ journal: [entry('incident.resolved', { note: 'leave it', stillFiring: ['f'] })] }),
  );
  hasNot(well, /restored/);
  has(badly, /^It was resolved by hand while 1 alert still fired: nothing was restored by then\.$/);
});

test('what took less than a second is said in words, not in milliseconds', () => {
  const { well } = retrospect(
    past({
      times: { beganAt: 0, detectedAt: 0, acknowledgedAt: 3, mitigatedAt: null, resolvedAt: 20 },
      alerts: [alert({ firedAt: 0 })],
    }),
  );
  has(well, /^It was detected at once, by http\.down on web\.$/);
  has(well, /^Somebody was on it at once\.$/);
  has(well, /^Service was restored at once\.$/);
  hasNot(well, / ms\b/);
});

test('the step that was late is named, and the rule that waited is proposed to wait less', () => {
  const { badly, prevention } = retrospect(
    past({
      alerts: [alert({ firedAt: 12 * minute })],
      times: {
        beganAt: 0,
        detectedAt: 12 * minute,
        acknowledgedAt: 40 * minute,
        mitigatedAt: null,
        resolvedAt: 180 * minute,
      },
      journal: [
        entry('clock.missed', { clock: 'respond' }),
        entry('oncall.nobody'),
        entry('incident.reopened'),
      ],
    }),
  );
  has(badly, /took 12 m to detect/);
  has(badly, /took 28 m until somebody was on it/);
  has(badly, /longest step was bringing the service back: 2 h 20 m/);
  has(badly, /response clock of its level was missed/);
  has(badly, /reached nobody/);
  has(badly, /came back once/);
  has(prevention, /Let http\.down on web wait less before it tells .* had been there for 12 m/);
});

test('what was muted, not delivered, not checked and not explained is said', () => {
  const { badly, prevention } = retrospect(
    past({
      lead: 'db',
      muted: [{ target: 'web', by: 'silence 1: load test' }],
      journal: [entry('message.given-up', { notifier: 'ops' })],
      earlier: 2,
    }),
  );
  has(badly, /alert of web was held back by silence 1/);
  has(badly, /^1 message could not be delivered/);
  has(badly, /No cause was found/);
  has(badly, /db had led 2 other incidents/);
  has(prevention, /Add a check on db itself/);
  has(prevention, /channel ops/);
  has(prevention, /services\.shop\.users/);
});

test('a page that left late is said with its channel, by how much and why, and what people had of the time', () => {
  const late = { notifier: 'mail', event: 'incident.opened', lateMs: 5 * minute, detail: 'ECONNREFUSED' };
  const times = { ...past().times, acknowledgedAt: 10_000 + 17 * minute };
  const journal = [
    entry('message.delayed', { notifier: 'mail', detail: 'ECONNREFUSED' }),
    entry('message.late', { ...late, person: 'ann', isFirst: true }),
    entry('message.late', { ...late, event: 'incident.updated', lateMs: 9 * minute }),
  ];
  const { badly, prevention } = retrospect(past({ times, journal }));
  has(badly, /^The page to ann by mail left 5 m late: ECONNREFUSED \(and 1 message more\)\.$/);
  has(badly, /^For 5 m nobody could know of it.* Of the 17 m until somebody was on it, people had 12 m\.$/);
  hasNot(badly, /did not take a message at once/);
  has(prevention, /channel mail took no message/);
  const other = { journal: [entry('message.late', { ...late, toldBy: 'ops' })] };
  has(retrospect(past(other)).badly, /^The page to mail left 5 m late: ECONNREFUSED; ops had told it\.$/);
  hasNot(retrospect(past(other)).badly, /nobody could know/);
  const down = { journal: journal.slice(0, 1) };
  has(retrospect(past(down)).badly, /^The channel mail did not take a message at once: ECONNREFUSED\.$/);
});

test('what is still open is not told as if it were over', () => {
  const open = past({
    times: { beganAt: 0, detectedAt: 0, acknowledgedAt: null, mitigatedAt: null, resolvedAt: null },
    findings: [],
    journal: [],
  });
  const { well, badly, prevention } = retrospect({ ...open, level: 'critical' });
  hasNot(well, /restored/);
  for (const yet of [/^Nobody has acknowledged it yet/, /told nothing yet/, /^No cause has been found yet/])
    has(badly, yet);
  hasNot(badly, /Nobody acknowledged|No cause was found/);
  hasNot(prevention, /in the end/);
});

test('users: entered before measured, the most of the services that share them, else unknown', () => {
  const facts = {
    services: ['shop', 'api'],
    allServices: ['shop', 'api', 'blog', 'mail'],
    openedAt: 0,
    resolvedAt: null,
  };
  const measures = [
    { service: 'shop', users: 300, failures: 5 },
    { service: 'api', users: 200, failures: null },
    { service: 'blog', users: 400, failures: 9 },
  ];
  const measured = impactOf({ ...facts, entered: null, measures }, 5_000);
  assert.deepEqual(
    [
      measured.serviceShare,
      measured.durationMs,
      measured.users.count,
      measured.users.share,
      measured.requestsFailed,
    ],
    [0.5, 5_000, 300, 0.75, 5],
  );
  const entered = { count: 7, share: null, note: 'from the till', by: 'ben', at: 1 };
  assert.deepEqual(impactOf({ ...facts, entered, measures }, 1).users, {
    ...{ count: 7, share: null, source: 'entered', note: 'from the till (ben)' },
  });
  assert.equal(impactOf({ ...facts, entered: null, measures: [] }, 1).users.source, 'unknown');
});
