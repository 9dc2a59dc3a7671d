// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of upkeep.yaml, not of JavaScript
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NotifierEntry } from '../core/notifier.ts';
import { notifiers as channels } from '../notifiers/index.ts';
import { notifiers, systems } from './fixtures/systems.ts';
import { readConfiguration } from './read.ts';

function problems(text: string, known: readonly NotifierEntry[] = notifiers): string[] {
  const readFile = () => {
    throw new Error('ENOENT');
  };
  const reading = readConfiguration({
    file: 'upkeep.yaml',
    text,
    env: {},
    systems,
    notifiers: known,
    readFile,
  });
  return reading.problems.map(({ path, message, hint = '' }) => `${path}: ${message} (${hint})`);
}

test('one problem of a target or a rotation hides no other in it', () => {
  const found = problems(`targets:
  web: { system: box, path: /web, evry: 3s, every: fortnight, dependsOn: [cach] }
  odd: { system: boxx, dependsOn: [cach] }
notify: { say: { notifier: bell, room: a } }
oncall:
  people: { ann: { reach: { say: ann } } }
  rotations: { primary: { people: [ann], every: fortnight, handoff: munday 09:00 } }
`);
  for (const place of [
    'web.evry',
    'web.every',
    'web.dependsOn[0]',
    'odd.system',
    'odd.dependsOn[0]',
    'primary.every',
    'primary.handoff',
  ])
    assert.ok(
      found.some((line) => line.includes(place)),
      `${place} is missing in\n${found.join('\n')}`,
    );
});

test('a variable that is not set is told also where what it belongs to is wrong, and once', () => {
  const found = problems(`targets:
  db: { system: postgrs, url: "\${DATABASE_URL}", every: fortnight }
  web: { system: box, url: "\${WEB_URL}" }
notify: { ops: { notifier: bel, urls: ["\${HOOK}"] } }
`);
  const told = (name: string) => found.filter((line) => line.includes(`${name} is not set`));
  assert.deepEqual(
    ['DATABASE_URL', 'WEB_URL', 'HOOK'].map((name) => told(name).length),
    [1, 1, 1],
    found.join('\n'),
  );
  assert.match(told('DATABASE_URL')[0] ?? '', /^targets\.db\.url: /);
  assert.ok(found.some((line) => line.startsWith('targets.db.every: ')));
});

test('a misspelt system or notifier is named as such, and the rest is read as what it says', () => {
  const found = problems(`targets:
  web: { systm: box, url: nowhere }
  odd: { sytem: crate }
notify: { ops: { notifer: bell } }
`);
  assert.deepEqual(
    found.filter((line) => line.includes('has no')),
    [],
  );
  assert.match(found.join('\n'), /targets\.web\.systm: is not a key .*did you mean system\?/);
  assert.match(found.join('\n'), /targets\.web\.url: must begin with box/);
  assert.match(found.join('\n'), /targets\.odd\.sytem: is not a key .*did you mean system\?/);
  assert.match(found.join('\n'), /targets\.odd\.sytem: there is no system "crate"/);
  assert.match(found.join('\n'), /notify\.ops\.notifer: is not a key .*did you mean notifier\?/);
});

test('what follows from a problem is no second one', () => {
  for (const components of ['{ web: { target: it } }', '[it]', 'it']) {
    const page = problems(`targets: { it: { system: jar } }\nstatusPage: { components: ${components} }\n`);
    assert.ok(page.length > 0);
    assert.doesNotMatch(page.join('\n'), /shows nothing/, components);
  }
  const slack = problems(
    'targets: { it: { system: jar } }\nnotify: { chat: { notifier: slack, token: "${SLACK_TOKEN}", channel: ops } }\n',
    channels,
  );
  assert.equal(slack.length, 1, slack.join('\n'));
  assert.match(slack[0] ?? '', /notify\.chat\.token: the environment variable SLACK_TOKEN is not set/);
});

test('whoever names a notifier that lacks a variable or is of no kind has no problem by that', () => {
  const lacking = (kind: string) => `targets: { it: { system: jar } }
services: { shop: { targets: [it] } }
notify: { mail: { notifier: ${kind}, host: smtp.test, from: a@b.test, password: "\${SMTP_PASSWORD}" } }
statusPage: { access: public, subscriptions: mail }
maintenance: { patches: { starts: 2026-12-01T03:00, for: 1h, notify: [mail] } }
`;
  assert.deepEqual(
    problems(lacking('email'), channels).map((line) => line.split(' (')[0]),
    ['notify.mail.password: the environment variable SMTP_PASSWORD is not set'],
  );
  const mistyped = problems(lacking('emial'), channels);
  assert.ok(
    mistyped.every((line) => line.startsWith('notify.mail.')),
    mistyped.join('\n'),
  );
});

test('one problem of a notifier, a window or a backup hides no other in it', () => {
  const found = problems(
    `targets: { it: { system: jar } }
notify: { mail: { notifier: emial, events: [incident.opend], fallback: nobody } }
maintenance: { patches: { starts: soon, for: long, services: [shpo], notify: [nobody], repeat: often } }
backups: { db: { of: ti, to: /tmp/x, engine: nothing, keep: long } }
`,
    channels,
  );
  for (const place of [
    ...['mail.notifier', 'mail.events[0]', 'mail.fallback'],
    ...['patches.starts', 'patches.for', 'patches.services[0]', 'patches.notify[0]', 'patches.repeat'],
    ...['backups.db.of', 'backups.db.engine', 'backups.db.keep'],
  ])
    assert.ok(
      found.some((line) => line.includes(`${place}:`)),
      `${place} is missing in\n${found.join('\n')}`,
    );
});

test('what looks like an address to listen at and is none is said; names and addresses are taken', () => {
  const listening = (host: string) =>
    problems(`targets: { web: { system: box, url: "box://a" } }\nlisten: { host: "${host}" }`);
  for (const host of ['300.1.1.1', '1.2.3', 'my host', ''])
    assert.match(listening(host).join(), /listen\.host: .*(no address|empty)/, host);
  for (const host of ['0.0.0.0', '::', 'localhost', 'db-1.internal']) assert.deepEqual(listening(host), []);
});
