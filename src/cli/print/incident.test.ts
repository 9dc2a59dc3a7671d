/** Whoever is called at night reads the cause and what to do on the first lines, however much fires. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toldOf } from '../../core/journal-words.ts';
import type { AlertView, IncidentDetail } from '../../core/view.ts';
import { printResult } from './result.ts';

const terminal = { out() {}, err() {}, hasColour: false, width: 200 };
const now = Date.parse('2026-11-22T10:00:00Z');

const alert = (rule: string, target: string, summary: string): AlertView => ({
  ...{ id: `${rule}-${target}`, fingerprint: `${rule}|${target}|`, rule, target, labels: {}, summary },
  ...{ state: 'firing', ruleLevel: 'critical', level: 'critical', value: null, threshold: null, detail: '' },
  ...{ since: now, firedAt: now, resolvedAt: null, incidentId: 'i', heldBy: null },
});
const web = Array.from({ length: 60 }, (_, i) => alert('http.down', `web-${i + 1}`, 'Endpoint is down'));
const finding = (target: string, summary: string) => ({
  ...{ id: 'toy.found', target, summary, explanation: `why ${target}`, confidence: 0.9 },
  ...{ evidence: [], unseen: [] },
  recommendations: [{ action: 'process.restart', target, input: {}, why: 'it hangs' }],
});
const incident = (alerts: readonly AlertView[]): IncidentDetail => ({
  ...{ id: '01990d2c-1111-7000-8000-000000000000', title: 'db: is down', level: 'critical' },
  ...{ severity: 'SEV1', status: 'open', lead: 'db', services: ['shop'], openedAt: now },
  ...{ acknowledgedAt: null, acknowledgedBy: null, mitigatedAt: null, resolvedAt: null },
  ...{ firingAlerts: alerts.length, summary: 'full', holdsUntil: null, diagnosedAt: now, evidence: [] },
  targets: alerts.map(({ target }) => target),
  alerts,
  findings: [finding('db', 'db is full'), finding('web-1', 'web-1 answers 503'), finding('web-2', 'slow')],
  actions: [],
  runbooks: [],
  timeline: alerts.map(({ rule, target, summary }, seq) => {
    const payload = { rule, target, summary };
    const entry = { actor: 'upkeep', kind: 'alert.fired', payload };
    return { seq, at: now, subject: `target:${target}`, hash: '', ...entry, told: toldOf(entry) };
  }),
});
const cascade = incident([...web, alert('postgres.down', 'db', 'Database is down')]);

test('the cause and what to do come first; 61 alerts are two lines, and what is rare comes before what is common', () => {
  const text = printResult(terminal, 'incident.show', cascade, now, 'UTC');
  const lines = text.split('\n');
  assert.ok(lines.length < 30, text);
  const at = (part: string) => {
    const found = lines.findIndex((line) => line.includes(part));
    assert.ok(found >= 0, `${part} in\n${text}`);
    return found;
  };
  assert.ok(at('1. db is full') < 6);
  assert.ok(at('→ process.restart on db') < at('2. web-1 answers 503'));
  assert.ok(
    at('3. slow') < at('61 alerts: 1 × postgres.down, 60 × http.down (each with --all, or in --json)'),
  );
  assert.match(text, / firing +postgres\.down +db +Database is down\n +firing +60 × http\.down +web-1/);
  assert.match(text, /60 × http\.down +web-1, web-2, web-3 and 57 more +Endpoint is down\n/);
  assert.match(text, /targets: web-1, .*web-8 and 53 more\n/);
  assert.doesNotMatch(text, /why web-1|web-40/);
});

test('all of it is one row each where asked for, and few alerts are never folded', () => {
  const whole = printResult(terminal, 'incident.show', cascade, now, 'UTC', { all: true });
  assert.equal(whole.match(/^ {2}firing /gm)?.length, 61);
  assert.equal(whole.match(/Alert fired/g)?.length, 61);
  assert.match(whole, /why web-1/);
  const few = printResult(terminal, 'incident.show', incident(web.slice(0, 4)), now, 'UTC');
  assert.equal(few.match(/^ {2}firing /gm)?.length, 4);
  assert.equal(few.match(/Alert fired/g)?.length, 4);
});
