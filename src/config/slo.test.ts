import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notifiers, systems } from './fixtures/systems.ts';
import { formatProblem } from './problem.ts';
import { readConfiguration } from './read.ts';

const readFile = () => {
  throw new Error('nothing there');
};

function read(text: string) {
  return readConfiguration({ file: '/etc/upkeep.yaml', text, env: {}, systems, notifiers, readFile });
}
const targets = `targets:
  a: { system: box, url: box://a }
  b: { system: box, url: box://b }
`;

test('a service with an SLO has burn-rate rules by itself, at its first target', () => {
  const { configuration, problems } = read(
    `${targets}services:\n  s: { targets: [b, a], slo: { availability: 99.9%, latency: { p95: 500ms }, period: 7d } }\n`,
  );
  assert.deepEqual(problems.map(formatProblem), []);
  const [a, b] = configuration?.targets ?? [];
  assert.deepEqual(
    a?.rules.filter((rule) => rule.id.startsWith('slo.')),
    [],
  );
  const own = b?.rules.filter((rule) => rule.id.startsWith('slo.')) ?? [];
  assert.deepEqual(
    own.map((rule) => [rule.id, rule.kind, rule.where?.objective]),
    [
      ['slo.burn-rate', 'burn-rate', 'availability'],
      ['slo.budget', 'threshold', 'availability'],
      ['slo.burn-rate', 'burn-rate', 'latency'],
      ['slo.budget', 'threshold', 'latency'],
    ],
  );
  const burn = own[0];
  assert.ok(burn?.kind === 'burn-rate');
  assert.equal(burn.windows[0]?.longMs, 14 * 60_000, 'windows shrink with the period');
});

test('rules of SLOs are overridden for all services and for one', () => {
  const { configuration, problems } = read(`${targets}services:
  s:
    targets: [a]
    slo:
      availability: 99.9%
      events: { total: { target: a, metric: box.used }, bad: { target: a, metric: box.used, where: { code: 5xx } } }
      policy: [{ below: 50%, do: notify }, { below: 0%, do: freeze }]
    rules:
      slo.burn-rate: { leastBad: 10, windows: [{ long: 2h, short: 10m, factor: 10, do: ticket }] }
  t: { targets: [b], slo: { availability: 99% } }
rules:
  slo.burn-rate: { levels: { critical: critical } }
`);
  assert.deepEqual(problems.map(formatProblem), []);
  const rules = (configuration?.targets ?? []).map((target) =>
    target.rules.find((rule) => rule.id === 'slo.burn-rate'),
  );
  assert.deepEqual(
    rules.map((rule) => rule?.levels.critical),
    ['critical', 'critical'],
  );
  assert.deepEqual(
    rules.map((rule) => rule?.kind === 'burn-rate' && [rule.leastBad, rule.windows.length]),
    [
      [10, 1],
      [0, 4],
    ],
  );
  const budget = configuration?.targets[0]?.rules.find((rule) => rule.id === 'slo.budget');
  assert.equal(budget?.kind === 'threshold' && budget.warning, 0.5);
});

test('what cannot be meant is told with its place', () => {
  const { problems } = read(`${targets}services:
  s: { targets: [a], slo: { availability: 100% } }
  t: { targets: [b], slo: { availability: 99%, events: { total: { target: a, metric: m } } } }
rules:
  slo.burn: { enabled: false }
`);
  assert.deepEqual(problems.map(formatProblem), [
    '/etc/upkeep.yaml:5:43 services.s.slo.availability: leaves no error budget (even 99.99% allows four minutes a month)',
    '/etc/upkeep.yaml:6:48 services.t.slo.events: needs total, and one of bad and good (total: { target: …, metric: … })',
    '/etc/upkeep.yaml:8:3 rules.slo.burn: is no rule (did you mean slo.burn-rate?)',
  ]);
});

test('rules that learn are read with their units', () => {
  const { configuration, problems } = read(`${targets}rules:
  box.filling: { kind: forecast, metric: box.size, limit: 20GB, warning: { within: 3d }, critical: 12h }
  box.odd: { kind: anomaly, metric: box.latency, direction: above, enabled: false }
  box.share: { kind: threshold, metric: box.size, of: box.size, warning: 80% }
  box.growing: { kind: trend, metric: box.size, over: 1d, least: 1GB, change: 20% }
  box.unseen: { kind: new, metric: box.size, label: name }
`);
  assert.deepEqual(problems.map(formatProblem), []);
  const rules = configuration?.targets[0]?.rules.slice(-5) ?? [];
  assert.deepEqual(
    rules.map(({ kind }) => kind),
    ['forecast', 'anomaly', 'threshold', 'trend', 'new'],
  );
  const forecast = rules[0];
  assert.deepEqual(forecast?.kind === 'forecast' && [forecast.limit, forecast.warning, forecast.critical], [
    20e9,
    3 * 86_400_000,
    12 * 3_600_000,
  ]);
  const bad = read(`${targets}rules:
  box.filling: { kind: forecast, metric: box.size, warning: 3d }
  box.late: { kind: forecast, metric: box.used, warning: 3h, critical: 1d }
  box.unseen: { kind: new, metric: box.size }
`);
  assert.deepEqual(bad.problems.map(formatProblem), [
    '/etc/upkeep.yaml:5:3 rules.box.filling: has no limit (limit: 20GB, or of: the metric that holds the limit)',
    '/etc/upkeep.yaml:6:3 rules.box.late: is critical earlier than it warns (swap warning and critical)',
    '/etc/upkeep.yaml:7:3 rules.box.unseen: names no label (label: the label whose values are the patterns)',
  ]);
});
