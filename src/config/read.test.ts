// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of upkeep.yaml, not of JavaScript
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultAccess } from '../core/access.ts';
import { defaultLimits } from '../core/guard/policy.ts';
import { noOnCall } from '../core/oncall/model.ts';
import { notifiers, systems } from './fixtures/systems.ts';
import { formatProblem } from './problem.ts';
import { type ConfigurationReading, readConfiguration } from './read.ts';

const missing = (path: string): never => {
  throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
};

interface Circumstances {
  env?: Record<string, string>;
  files?: Record<string, string>;
}

function read(text: string, { env = {}, files = {} }: Circumstances = {}): ConfigurationReading {
  return readConfiguration({
    file: '/etc/upkeep/upkeep.yaml',
    text,
    env,
    systems,
    notifiers,
    readFile: (path) => files[path] ?? missing(path),
  });
}

function problems(text: string, circumstances?: Circumstances): string[] {
  return read(text, circumstances).problems.map((problem) =>
    formatProblem({ ...problem, file: 'upkeep.yaml' }),
  );
}

function good(text: string, circumstances?: Circumstances) {
  const reading = read(text, circumstances);
  assert.deepEqual(reading.problems.map(formatProblem), []);
  assert.ok(reading.configuration);
  return reading.configuration;
}

test('a whole configuration is read with every default filled in', () => {
  const configuration = good(
    `
name: guildford
timezone: Australia/Sydney
environment: production
severities: sev
targets:
  web: { system: box, url: \${BOX_URL}, every: 2s, labels: { tier: 1 }, dependsOn: [jar] }
  jar: { system: jar, environment: staging }
services:
  api: { targets: [web], dependsOn: [jar], slo: { availability: 99.9%, latency: { p95: 500ms } } }
rules:
  box.full: { warning: 60%, for: 2m }
notify:
  ops: { notifier: bell, url: http://127.0.0.1:9999/hook }
guard:
  never: ['jar.*']
  ask: [box.open on web]
  always: [{ action: box.open, target: 'w*', environment: staging, why: it is only staging }]
  budgets: { perDay: 3 }
`,
    { env: { BOX_URL: 'box://a' } },
  );
  const { targets, ...rest } = configuration;
  const [web, jar] = targets;
  assert.deepEqual(
    { ...web, rules: undefined },
    {
      name: 'web',
      system: 'box',
      settings: { url: 'box://a' },
      everyMs: 2_000,
      timeoutMs: 2_000,
      dependsOn: ['jar'],
      environment: 'production',
      labels: { tier: '1' },
      rules: undefined,
    },
  );
  assert.equal(jar?.everyMs, 15_000);
  assert.equal(jar?.timeoutMs, 5_000);
  assert.equal(jar?.environment, 'staging');
  const full = web?.rules.find((rule) => rule.id === 'box.full');
  assert.deepEqual(full, {
    id: 'box.full',
    kind: 'threshold',
    summary: 'The box is nearly full',
    metric: 'box.used',
    forMs: 120_000,
    clearForMs: 0,
    levels: { warning: 'medium', critical: 'high' },
    runbook: '## What it means\nThe box fills.',
    enabled: true,
    direction: 'above',
    warning: 0.6,
    critical: 0.85,
    hysteresis: 0.05,
    origins: [{ path: 'rules.box.full', line: 12, fields: ['warning', 'for'] }],
  });
  assert.deepEqual(web?.rules.find((rule) => rule.id === 'box.slow' && rule.kind === 'threshold')?.and, {
    metric: 'box.size',
    above: 20e9,
  });
  assert.deepEqual(rest, {
    name: 'guildford',
    timezone: 'Australia/Sydney',
    environment: 'production',
    severities: 'sev',
    store: { kind: 'sqlite', folder: '/etc/upkeep/data' },
    listen: { host: '127.0.0.1', port: 4747 },
    publicUrl: null,
    services: [
      {
        name: 'api',
        targets: ['web'],
        dependsOn: ['jar'],
        slo: { availability: 0.999, latency: { quantile: 0.95, belowMs: 500 } },
      },
    ],
    notifiers: [{ name: 'ops', kind: 'bell', settings: { url: 'http://127.0.0.1:9999/hook' } }],
    escalation: {
      critical: [{ notify: 'ops', afterMs: 0 }],
      high: [{ notify: 'ops', afterMs: 0 }],
      medium: [{ notify: 'ops', afterMs: 0 }],
      low: [{ notify: 'ops', afterMs: 0 }],
    },
    oncall: noOnCall,
    guard: {
      never: [{ action: 'jar.*', target: '*' }],
      ask: [
        { action: 'box.open', target: 'web' },
        // What no line names word for word.
        { action: 'backup.remove', target: '*', why: 'as long as no line names it' },
        { action: 'backup.restore-over', target: '*', why: 'as long as no line names it' },
        { action: 'backup.prepare', target: '*', why: 'as long as no line names it' },
      ],
      always: [{ action: 'box.open', target: 'w*', environment: 'staging', why: 'it is only staging' }],
      budgets: { perTargetPerHour: 4, perIncident: 2, perDay: 3 },
      approvalTtlMs: 1_800_000,
      fourEyes: false,
      timezone: 'Australia/Sydney',
      limits: defaultLimits,
    },
    access: defaultAccess,
    maintenance: [],
    backups: [],
    incidents: { recoverForMs: 60_000, reopenWithinMs: 15 * 60_000 },
    retention: { rawMs: 1_296_000_000, rollupMs: 34_560_000_000 },
    reports: { daily: '06:00' },
    folder: '/etc/upkeep',
  });
});

test('rules are overridden in the order defaults, rules, services, target; new ones are added', () => {
  const { targets } = good(`
targets:
  a: { system: box, url: 'box://a', rules: { box.full: { critical: 99% } } }
  b: { system: box, url: 'box://b' }
  c: { system: box, url: 'box://c' }
services:
  shop: { targets: [a, b], rules: { box.full: { warning: 80%, critical: 90% } } }
rules:
  box.slow: { enabled: false }
  box.crowded: { kind: threshold, metric: box.items, critical: 100, direction: above, clearFor: 30s }
  box.full: { levels: { critical: critical }, warning: 75% }
`);
  const full = targets.map(({ rules }) => {
    const rule = rules.find(({ id }) => id === 'box.full');
    assert.ok(rule?.kind === 'threshold');
    return [rule.warning, rule.critical, rule.levels.critical];
  });
  assert.deepEqual(full, [
    [0.8, 0.99, 'critical'],
    [0.8, 0.9, 'critical'],
    [0.75, 0.85, 'critical'],
  ]);
  assert.deepEqual(
    targets[2]?.rules.map((rule) => [rule.id, rule.enabled]),
    [
      ['box.down', true],
      ['box.full', true],
      ['box.slow', false],
      ['box.crowded', true],
    ],
  );
});

test('variables come from the environment, then .env, then the default; $${ stands for itself', () => {
  const { targets } = good(
    `
targets:
  a: { system: box, url: 'box://\${HOST}:\${PORT:-7}/\${EMPTY:-x}', port: \${PORT:-7}, strict: \${STRICT}, password: 'a$\${b}' }
`,
    {
      env: { HOST: 'env', EMPTY: '' },
      files: { '/etc/upkeep/.env': 'HOST=file\nSTRICT=true\n' },
    },
  );
  assert.deepEqual(targets[0]?.settings, {
    url: 'box://env:7/x',
    port: 7,
    strict: true,
    password: 'a${b}',
  });
});

test('a secret is read from its file, without the line break at its end', () => {
  const { targets } = good('targets: { a: { system: box, url: "box://a", password: file:secret/pw } }', {
    files: { '/etc/upkeep/secret/pw': 's3cret\n' },
  });
  assert.equal(targets[0]?.settings.password, 's3cret');
});

test('a value of a variable cannot add YAML', () => {
  const { targets } = good('targets: { a: { system: box, url: "box://a", password: ${PW} } }', {
    env: { PW: 'x }, b: { system: jar' },
  });
  assert.equal(targets.length, 1);
  assert.equal(targets[0]?.settings.password, 'x }, b: { system: jar');
});

test('escalation: only the levels given, steps in the order of their time', () => {
  const { escalation } = good(`
targets: { a: { system: jar } }
notify: { a: { notifier: bell, url: x, events: [incident.opened] }, b: { notifier: bell, url: y } }
oncall: { escalation: { critical: [{ notify: b, after: 5m }, { notify: a }] } }
`);
  assert.deepEqual(escalation, {
    critical: [
      { notify: 'a', afterMs: 0 },
      { notify: 'b', afterMs: 300_000 },
    ],
    high: [],
    medium: [],
    low: [],
  });
});

/** Bad configurations with every line that is said of them. */
const bad: Record<string, { text: string; lines: string[]; circumstances?: Circumstances }> = {
  'unknown keys': {
    text: `nmae: x
targets:
  a: { system: jar, evry: 10s }
  b: { system: box, url: box://a, tls: { verfy: true }, ulr: x }
guard: { alwyas: [] }
`,
    lines: [
      'upkeep.yaml:1:1 nmae: is not a key that belongs here (did you mean name?)',
      'upkeep.yaml:3:21 targets.a.evry: is not a key that belongs here (did you mean every?)',
      'upkeep.yaml:4:42 targets.b.tls.verfy: is not a key that belongs here (did you mean verify?)',
      'upkeep.yaml:4:57 targets.b.ulr: is not a key that belongs here (did you mean url?)',
      'upkeep.yaml:5:10 guard.alwyas: is not a key that belongs here (did you mean always?)',
    ],
  },
  'wrong types': {
    text: `name: 2024
targets:
  a: [x]
  b: { system: box, url: 5, port: high, mode: raed, answers: [1] }
services: 7
listen: { port: 70000 }
guard: { fourEyes: maybe, budgets: { perDay: -1, perIncident: few } }
`,
    lines: [
      'upkeep.yaml:1:7 name: must be text, not a number (put it in quotes)',
      'upkeep.yaml:3:6 targets.a: must be a map of keys and values, not a list',
      'upkeep.yaml:4:26 targets.b.url: must be text, not a number (put it in quotes)',
      'upkeep.yaml:4:35 targets.b.port: must be a number',
      'upkeep.yaml:4:47 targets.b.mode: must be read or write (did you mean read?)',
      'upkeep.yaml:4:63 targets.b.answers.0: must be text, not a number (put it in quotes)',
      'upkeep.yaml:5:11 services: must be a map of keys and values, not a number',
      'upkeep.yaml:6:17 listen.port: "70000" is not between 0 and 65535',
      'upkeep.yaml:7:20 guard.fourEyes: "maybe" is neither true nor false',
      'upkeep.yaml:7:46 guard.budgets.perDay: "-1" is not between 0 and 10000',
      'upkeep.yaml:7:63 guard.budgets.perIncident: "few" is no whole number',
    ],
  },
  'durations, percentages and sizes': {
    text: `targets:
  a: { system: jar, every: 10, timeout: 5 seconds }
  b: { system: jar, every: 1ms }
services:
  s: { targets: [a], slo: { availability: 999%, latency: { p95: fast } } }
  t: { targets: [a], slo: { availability: 99.9, latency: { p95: 1s, p99: 2s } } }
rules:
  box.full: { warning: 10s, critical: 85 }
  box.slow: { warning: 3s, and: { metric: box.size, above: 20Gb } }
incidents: { recoverFor: soon }
retention: { raw: 30d, rollups: 10d }
reports: { daily: 6am }
`,
    lines: [
      'upkeep.yaml:2:28 targets.a.every: "10" has no unit (did you mean 10s?)',
      'upkeep.yaml:2:41 targets.a.timeout: "5 seconds" is no duration (did you mean 5s?)',
      'upkeep.yaml:3:28 targets.b.every: "1ms" is too short (at least 100ms)',
      'upkeep.yaml:5:43 services.s.slo.availability: "999%" is not between 0 % and 100 %',
      'upkeep.yaml:5:65 services.s.slo.latency.p95: "fast" is no duration (use 500ms, 10s, 5m, 1h or 7d)',
      'upkeep.yaml:6:43 services.t.slo.availability: "99.9" is more than 100 % (did you mean 99.9%?)',
      'upkeep.yaml:6:69 services.t.slo.latency.p99: is a second objective (keep one of p50, p95 and p99)',
      'upkeep.yaml:8:24 rules.box.full.warning: "10s" does not fit: the metric is a ratio (use 80% or 0.8)',
      'upkeep.yaml:8:39 rules.box.full.critical: "85" is far above 100 % (did you mean 85%?)',
      'upkeep.yaml:9:24 rules.box.slow.warning: the warning level (3) is higher than the critical one (2) (swap them)',
      'upkeep.yaml:9:60 rules.box.slow.and.above: "20Gb" is no amount (use a number, 80%, 500ms, 10s, 64MiB or 1GB)',
      'upkeep.yaml:10:26 incidents.recoverFor: "soon" is no duration (use 500ms, 10s, 5m, 1h or 7d)',
      'upkeep.yaml:11:33 retention.rollups: rollups are kept for less time than raw samples',
      'upkeep.yaml:12:19 reports.daily: "6am" is no time of day (use "06:00")',
    ],
  },
  'amounts without their unit': {
    text: `targets:
  a: { system: jar, every: 10, timeout: "5" }
services:
  s: { targets: [a], slo: { availability: "99.9", latency: { p95: 500 } } }
  t: { targets: [a], slo: { latency: { p95: 1.5 } } }
  u: { targets: [a], slo: { latency: { p95: 5 min } } }
guard: { approvalTtl: 30 }
retention: { raw: 30 }
`,
    lines: [
      'upkeep.yaml:2:28 targets.a.every: "10" has no unit (did you mean 10s?)',
      'upkeep.yaml:2:41 targets.a.timeout: "5" has no unit (did you mean 5s?)',
      'upkeep.yaml:4:43 services.s.slo.availability: "99.9" is more than 100 % (did you mean 99.9%?)',
      'upkeep.yaml:4:67 services.s.slo.latency.p95: "500" has no unit (did you mean 500ms?)',
      'upkeep.yaml:5:45 services.t.slo.latency.p95: "1.5" has no unit (did you mean 1.5s?)',
      'upkeep.yaml:6:45 services.u.slo.latency.p95: "5 min" is no duration (did you mean 5m?)',
      'upkeep.yaml:7:23 guard.approvalTtl: "30" has no unit (did you mean 30m?)',
      'upkeep.yaml:8:19 retention.raw: "30" has no unit (did you mean 30d?)',
    ],
  },
  'duplicate keys': {
    text: `targets:
  a: { system: jar }
  b: { system: jar, every: 1s, every: 2s }
  a: { system: jar }
`,
    lines: [
      'upkeep.yaml:3:32 targets.b.every: stands here a second time (remove one of the two)',
      'upkeep.yaml:4:3 targets.a: stands here a second time (remove one of the two)',
    ],
  },
  'what does not exist': {
    text: `timezone: Europe/Berln
targets:
  web: { system: boxx, url: x }
  db: { system: jar, dependsOn: [wbe, chache] }
services:
  api: { targets: [dbb], dependsOn: [shop, db] }
rules:
  box.fulll: { warning: 1% }
  boxx.full: { warning: 1% }
  full: { warning: 1% }
  box.more: { kind: threshold, metric: box.usd, warning: 1% }
notify:
  ops: { notifier: bel, url: x }
  say: { notifier: bell, url: x, events: [incident.opend] }
oncall:
  escalation: { critical: [{ notify: opps }], hihg: [] }
guard: { never: [box.opn, 'bxo.*', box.open on wbe], ask: [box.open everywhere], always: [{ target: db }] }
severities: sevs
`,
    lines: [
      'upkeep.yaml:1:11 timezone: there is no time zone "Europe/Berln" (did you mean Europe/Berlin?)',
      'upkeep.yaml:3:18 targets.web.system: there is no system "boxx" (did you mean box?)',
      'upkeep.yaml:4:34 targets.db.dependsOn[0]: there is no target "wbe" (did you mean web?)',
      'upkeep.yaml:4:39 targets.db.dependsOn[1]: there is no target "chache" (one of web, db)',
      'upkeep.yaml:6:20 services.api.targets[0]: there is no target "dbb" (did you mean db?)',
      'upkeep.yaml:6:38 services.api.dependsOn[0]: there is no target or service "shop" (one of web, db)',
      'upkeep.yaml:8:3 rules.box.fulll: is no rule of box (did you mean box.full?)',
      'upkeep.yaml:9:3 rules.boxx.full: is no rule (did you mean box.full?)',
      'upkeep.yaml:10:3 rules.full: is no rule (did you mean box.full?)',
      'upkeep.yaml:11:40 rules.box.more.metric: there is no metric "box.usd" (did you mean box.used?)',
      'upkeep.yaml:13:20 notify.ops.notifier: there is no notifier "bel" (did you mean bell?)',
      'upkeep.yaml:14:43 notify.say.events[0]: "incident.opend" is not one of incident.opened, incident.updated, incident.escalated, incident.mitigated, incident.resolved, incident.acknowledged, approval.requested, report.ready, maintenance.scheduled, maintenance.started, maintenance.ended, oncall.handoff, status.published, test (did you mean incident.opened?)',
      'upkeep.yaml:16:38 oncall.escalation.critical[0].notify: there is no notifier "opps" (did you mean ops?)',
      'upkeep.yaml:16:47 oncall.escalation.hihg: is not a key that belongs here (did you mean high?)',
      'upkeep.yaml:17:18 guard.never[0]: there is no action box.opn (did you mean box.open?)',
      'upkeep.yaml:17:27 guard.never[1]: there is no system bxo (did you mean box?)',
      'upkeep.yaml:17:36 guard.never[2]: there is no target wbe (did you mean web?)',
      "upkeep.yaml:17:60 guard.ask[0]: is no rule of a policy (write 'postgres.terminate-backend on db' or 'postgres.*')",
      "upkeep.yaml:17:91 guard.always[0]: names no action (an action's id, postgres.* or *)",
      'upkeep.yaml:18:13 severities: "sevs" is not one of words, sev, p (did you mean sev?)',
    ],
  },
  'rules that do not belong': {
    text: `targets:
  a: { system: jar, rules: { box.full: { warning: 1% }, jar.donw: { enabled: false } } }
services:
  s: { targets: [a], rules: { box.full: { warning: 1% } } }
rules:
  jar.down: { kind: threshold }
  box.down: { warning: [zero], critical: [] , direction: above }
  box.new: { kind: thershold }
  box.newer: { kind: threshold, metric: box.items }
  box.newest: { kind: threshold, warning: 1 }
`,
    lines: [
      'upkeep.yaml:2:30 targets.a.rules.box.full: is a rule of box, and a is jar',
      'upkeep.yaml:2:57 targets.a.rules.jar.donw: is no rule of jar (did you mean jar.down?)',
      'upkeep.yaml:4:31 services.s.rules.box.full: no target of s has the system box',
      'upkeep.yaml:6:21 rules.jar.down.kind: jar.down is a state rule; its kind cannot be changed',
      'upkeep.yaml:7:25 rules.box.down.warning[0]: "zero" is no number (states are numbers)',
      'upkeep.yaml:7:47 rules.box.down.direction: is not a key that belongs here',
      'upkeep.yaml:8:20 rules.box.new.kind: "thershold" is not one of threshold, state, absence, forecast, anomaly, trend, new (did you mean threshold?)',
      'upkeep.yaml:9:3 rules.box.newer: has neither warning nor critical',
      'upkeep.yaml:10:3 rules.box.newest: is a new rule and has no metric (name the metric whose samples are judged)',
    ],
  },
  'what is missing': {
    text: `targets:
  a: {}
  b: { system: box }
  c:
services: { s: {} }
notify: { n: {}, m: { notifier: bell } }
oncall: { escalation: { low: [{ after: 1m }] } }
`,
    lines: [
      'upkeep.yaml:2:3 targets.a: has no system (one of box, jar)',
      'upkeep.yaml:3:3 targets.b.url: is missing',
      'upkeep.yaml:4:3 targets.c: has no system (one of box, jar)',
      'upkeep.yaml:5:13 services.s: has no targets (targets: [ … ] says what it consists of)',
      'upkeep.yaml:6:11 notify.n: has no notifier (one of bell)',
      'upkeep.yaml:6:18 notify.m.url: is missing',
      'upkeep.yaml:7:31 oncall.escalation.low[0]: names nobody (write { notify: NAME, after: 0s })',
    ],
  },
  cycles: {
    text: `targets:
  a: { system: jar, dependsOn: b }
  b: { system: jar, dependsOn: [c] }
  c: { system: jar, dependsOn: [a] }
services:
  s: { targets: [a], dependsOn: [t] }
  t: { targets: [a], dependsOn: [s] }
`,
    lines: [
      'upkeep.yaml:2:32 targets.a.dependsOn: depends on itself: a -> b -> c -> a',
      'upkeep.yaml:6:33 services.s.dependsOn: depends on itself: s -> t -> s',
    ],
  },
  'variables and secret files': {
    circumstances: { env: { DATABASE_URL: 'box://u:verysecret@h', PORT: 'seventeen' } },
    text: `name: \${NAME
store: \${STORE}
targets:
  a: { system: box, url: \${DATABASE_ULR} }
  b: { system: box, url: '\${DATABASE_URL}', port: \${PORT}, password: file:pw.txt }
  c: { system: box, url: 'box://\${1X}' }
listen: { port: \${PORT} }
`,
    lines: [
      'upkeep.yaml:1:7 name: has a "${" without its "}" (write ${NAME}, or $${ for the characters themselves)',
      'upkeep.yaml:2:8 store: the environment variable STORE is not set (set it, put it into .env beside this file, or write ${STORE:-default})',
      'upkeep.yaml:4:26 targets.a.url: the environment variable DATABASE_ULR is not set (did you mean DATABASE_URL, or set it, put it into .env beside this file, or write ${DATABASE_ULR:-default})',
      'upkeep.yaml:5:51 targets.b.port: must be a number',
      'upkeep.yaml:5:70 targets.b.password: the secret file pw.txt cannot be read: ENOENT (give a path from the folder of this file)',
      'upkeep.yaml:6:26 targets.c.url: ${1X} is no variable reference (write ${NAME} or ${NAME:-default})',
      'upkeep.yaml:7:17 listen.port: "${PORT}" is no whole number',
    ],
  },
  addresses: {
    text: `store: mysql://root:topsecret@h/db
publicUrl: upkeep.example.org
targets:
  a b: { system: box, url: "http://u:topsecret@x" }
`,
    lines: [
      'upkeep.yaml:1:8 store: is no store (a folder, or postgres://user@host/database)',
      'upkeep.yaml:2:12 publicUrl: "upkeep.example.org" is no address (use https://upkeep.example.org)',
      'upkeep.yaml:4:3 targets.a b: is no name (use letters, digits, dots, dashes and underscores)',
      'upkeep.yaml:4:28 targets.a b.url: must begin with box://',
    ],
  },
  'no YAML': {
    text: 'targets:\n  a: { system: jar\n  b: c: d\n',
    lines: [
      'upkeep.yaml:3:3 is not valid YAML: Flow map in block collection must be sufficiently indented and end with a }',
      'upkeep.yaml:3:6 is not valid YAML: Nested mappings are not allowed in compact mappings',
    ],
  },
  'nothing at all': {
    text: '# only a comment\n',
    lines: ['upkeep.yaml:1:1 targets: names nothing to watch (upkeep init finds what there is)'],
  },
  'merge keys': {
    text: 'targets:\n  a: &a { system: jar }\n  b: { <<: *a }\n  c: *a\n',
    lines: ['upkeep.yaml:3:3 targets.b: has no system (one of box, jar)'],
  },
};

for (const [what, { text, lines, circumstances }] of Object.entries(bad)) {
  test(`says all that is wrong: ${what}`, () => {
    assert.deepEqual(problems(text, circumstances), lines);
  });
}
