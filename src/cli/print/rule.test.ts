import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuleOnTarget } from '../../core/rule-settings.ts';
import { printResult } from './result.ts';

const terminal = { out() {}, err() {}, hasColour: false, width: 160 };
const now = Date.parse('2026-11-22T10:00:00Z');

const on = (target: string, phase: 'ok' | 'firing' = 'ok'): RuleOnTarget => ({
  ...{ target, isEnabled: true, where: {}, warning: '> 80 % for 5 m', critical: '> 95 % for 5 m' },
  ...{ forMs: 300_000, clearForMs: 60_000, levels: { warning: 'medium', critical: 'high' }, origins: [] },
  series: [
    {
      ...{ labels: {}, phase, level: phase === 'ok' ? null : 'warning', value: 0.84, said: '84 %' },
      ...{ since: phase === 'ok' ? null : now - 180_000, reason: null },
    },
  ],
});
const rule = {
  ...{ id: 'host.cpu', kind: 'threshold', summary: 'Processors are busy', metric: 'host.cpu.used' },
  ...{ source: 'the team', runbook: '### What This Means\nToo much to do.\n' },
  targets: [...Array.from({ length: 60 }, (_, index) => on(`web-${index + 1}`)), on('db', 'firing')],
  firings: Array.from({ length: 14 }, (_, index) => ({
    ...{ target: 'db', labels: {}, level: 'warning', firedAt: now - index * 3_600_000 },
    ...{
      resolvedAt: now - index * 3_600_000 + 90_000,
      incidentId: `01990d2c-1${100 + index}-7000-8000-000000000000`,
    },
  })),
};

test('rule.show: when it fires in words with units, what fires first, the well as one row; no raw field', () => {
  const text = printResult(terminal, 'rule.show', rule, now, 'UTC');
  for (const part of [
    'host.cpu  Processors are busy  a threshold rule on host.cpu.used\n  threshold from: the team\n\nOn 61 targets\n',
    '  warning: host.cpu.used > 80 % for 5 m (incident: medium)\n',
    '  ends after 1 m without it\n  the default of the system\n',
    'and 4 before: all with --all',
    'Runbook\n  ### What This Means\n  Too much to do.',
  ])
    assert.ok(text.includes(part), `${part} is missing in\n${text}`);
  assert.match(
    text,
    /^ {2}firing +db +84 % +for 3 m\n {2}well +60 × +web-1, web-2, web-3 and 57 more +84 %/m,
  );
  assert.match(text, /^ {2}2026-11-22 10:00:00 +db +warning +for 1 m 30 s +incident 01990d2c-1100$/m);
  assert.doesNotMatch(text, /isEnabled|clearForMs|null|origins|0\.84/);
});

test('an alert that is open fires now only where its series says so', () => {
  const open = {
    target: 'db',
    labels: {},
    level: 'warning',
    firedAt: now,
    resolvedAt: null,
    incidentId: null,
  };
  const shown = (firing: object) =>
    printResult(terminal, 'rule.show', { ...rule, firings: [firing] }, now, 'UTC');
  assert.match(shown(open), /^ {2}2026-11-22 10:00:00 +db +warning +fires now/m);
  assert.match(shown({ ...open, isUnknown: true }), /warning +open, unknown now/);
});

test('all of it is one row each where asked for', () => {
  const text = printResult(terminal, 'rule.show', rule, now, 'UTC', { all: true });
  assert.equal(text.match(/^ {2}well /gm)?.length, 60);
  assert.equal(text.match(/ for 1 m 30 s /g)?.length, 14);
});

test('a cascade that fired sixty times in one incident is one row', () => {
  const [one] = rule.firings;
  assert.ok(one);
  const firings = Array.from({ length: 60 }, (_, index) => ({ ...one, target: `web-${index + 1}` }));
  const text = printResult(terminal, 'rule.show', { ...rule, firings }, now, 'UTC');
  assert.match(text, /10:00:00 +60 × +web-1, web-2, web-3 and 57 more +warning +incident 01990d2c-1100$/m);
});
