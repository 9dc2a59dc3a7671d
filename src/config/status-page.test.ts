import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notifiers } from '../notifiers/index.ts';
import { systems } from '../systems/index.ts';
import { formatProblem } from './problem.ts';
import { readConfiguration } from './read.ts';

const base = `name: shop
timezone: Europe/Berlin
targets:
  web: { system: http, url: "http://127.0.0.1:1" }
  db: { system: tcp, host: 127.0.0.1, port: 1 }
services:
  api: { targets: [web, db] }
  shop: { targets: [web] }
notify:
  mail: { notifier: email, host: smtp.test, from: a@shop.test }
  hook: { notifier: webhook, url: "https://hook.test" }
`;

function read(text: string, before = base) {
  const input = { file: '/srv/upkeep.yaml', env: {}, systems, notifiers, readFile: () => '' };
  return readConfiguration({ ...input, text: `${before}${text}` });
}

test('without the key there is no page; with nothing below it shows every service and is given out by nobody', () => {
  assert.equal(read('').configuration?.statusPage, undefined);
  const page = read('statusPage:\n').configuration?.statusPage;
  assert.deepEqual(
    page?.components.map(({ name, targets }) => [name, targets]),
    [
      ['api', ['web', 'db']],
      ['shop', ['web']],
    ],
  );
  assert.equal(page?.access, 'off');
  assert.equal(page?.folder, '/srv/data/status-page');
  assert.deepEqual([page?.title, page?.timezone, page?.url], ['shop status', 'Europe/Berlin', null]);
  assert.equal(page?.announce, 'automatic');
});

test('components are named anew, grouped and put in order; a target can be one', () => {
  const { configuration, problems } = read(`statusPage:
  title: Shop
  access: public
  url: https://status.shop.test/
  timezone: Australia/Sydney
  folder: /var/www/status
  subscriptions: mail
  components:
    - { name: Storage, target: db, group: Inside, description: Orders }
    - { name: Checkout, service: shop }
  branding:
    logo: ./logo.svg
    css: brand/page.css
    accent: "#1C6FD0"
    footer: { Help: "https://shop.test/help", Mail: "mailto:help@shop.test" }
`);
  assert.deepEqual(problems, []);
  const page = configuration?.statusPage;
  assert.deepEqual(page?.components[0], {
    ...{ name: 'Storage', group: 'Inside', description: 'Orders', targets: ['db'], services: [] },
  });
  assert.deepEqual(page?.components[1]?.services, ['shop']);
  assert.equal(page?.url, 'https://status.shop.test');
  assert.equal(page?.folder, '/var/www/status');
  assert.deepEqual(page?.branding, {
    ...{ logo: '/srv/logo.svg', css: '/srv/brand/page.css', accent: '#1c6fd0' },
    footer: [
      { text: 'Help', url: 'https://shop.test/help' },
      { text: 'Mail', url: 'mailto:help@shop.test' },
    ],
  });
});

test('subscribers get a channel of their own that nothing else is sent by', () => {
  const { configuration } = read('statusPage: { access: public, subscriptions: mail }\n');
  const [mail] = configuration?.notifiers ?? [];
  const own = configuration?.notifiers.at(-1);
  assert.equal(own?.name, 'mail@status-page');
  assert.deepEqual([own?.kind, own?.events, own?.links], ['email', [], []]);
  assert.deepEqual(own?.settings, mail?.settings);
  assert.equal(read('').configuration?.notifiers.length, 2);
});

test('every mistake is named with its place and what was meant', () => {
  const said = read(`statusPage:
  acces: public
  access: everybody
  url: status.shop.test
  subscriptions: hook
  components:
    - { name: A, service: apy }
    - { name: B }
    - { name: C, service: api, target: db }
    - { name: D, service: api }
    - { name: D, service: shop }
  branding: { logo: logo.bmp, css: page.scss, accent: red, footer: { Bad: "javascript:alert(1)" } }
`)
    .problems.map(formatProblem)
    .join('\n');
  assert.match(said, /statusPage\.acces:? .*did you mean access/);
  assert.match(said, /statusPage\.access: "everybody" is not one of off, link, public/);
  assert.match(said, /statusPage\.url: .*no address/);
  assert.match(said, /statusPage\.subscriptions: there is no e-mail notifier "hook"/);
  assert.match(said, /components\[0\]\.service: there is no service "apy" \(did you mean api/);
  assert.match(said, /components\[1\]: needs either a service or a target/);
  assert.match(said, /components\[2\]: needs either a service or a target/);
  assert.match(said, /components\[4\]: is a second component called D/);
  assert.match(said, /branding\.logo: "logo\.bmp" is no picture/);
  assert.match(said, /branding\.css: "page\.scss" is no \.css file/);
  assert.match(said, /branding\.accent: "red" is no colour/);
  assert.match(said, /footer\.Bad: .*no address/);
});

test('a page that nobody is given has no form, and one without components says what to do', () => {
  const closed = read('statusPage: { subscriptions: mail }\n').problems.map(formatProblem).join('\n');
  assert.match(closed, /statusPage\.subscriptions: needs a page that Upkeep serves \(access: public/);
  const empty = read('statusPage:\n', 'targets: { it: { system: host } }\n').problems.map(formatProblem);
  assert.match(empty.join('\n'), /statusPage: shows nothing: there are no services/);
});
