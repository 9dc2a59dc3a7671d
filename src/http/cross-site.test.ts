/** Pages of other sites, and of other ports of this host, change and read nothing with our cookie. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { owner, type ServedApp, serveApp } from '../../test/served-app.ts';
import { verbs } from '../verbs/index.ts';

let served: ServedApp;
let cookie: string;
before(async () => {
  served = await serveApp();
  cookie = await served.setUp();
});
after(() => served.stop());

const foreign: readonly Readonly<Record<string, string>>[] = [
  { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' },
  { origin: 'https://evil.test' },
  { origin: 'null' },
  { origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
];

test('no verb that changes something runs for another site, even with the header of ours', async () => {
  for (const { route, name } of verbs.filter(({ changes }) => changes)) {
    const [method = '', path = ''] = route.split(' ');
    for (const from of foreign) {
      const headers = { ...from, 'x-upkeep': '1' };
      const answer = await served.ask(method, `/api/v1${path.replace(/:\w+/g, 'x')}`, {
        cookie,
        headers,
        body: {},
      });
      assert.equal(answer.status, 403, `${name} from ${JSON.stringify(from)}: ${answer.text}`);
      assert.match(answer.text, /page of another site/);
    }
  }
});

test('a form of another site, which has no header of ours, changes nothing', async () => {
  const body = 'name=x';
  const headers = { 'content-type': 'text/plain' };
  for (const path of ['/api/v1/tokens', '/api/v1/session', '/api/v1/setup', '/api/v1/accounts/invitations'])
    assert.equal((await served.ask('POST', path, { cookie, headers, body })).status, 403, path);
});

test('nobody is signed in, out or set up from another site', async () => {
  for (const from of foreign) {
    const headers = { ...from, 'x-upkeep': '1' };
    for (const [method, path] of [
      ['POST', '/api/v1/session'],
      ['DELETE', '/api/v1/session'],
      ['POST', '/api/v1/setup'],
      ['POST', '/api/v1/session/second-factor'],
    ] as const)
      assert.equal((await served.ask(method, path, { cookie, headers, body: owner })).status, 403, path);
  }
  assert.equal((await served.ask('GET', '/api/v1/overview', { cookie })).status, 200);
});

test('what another site asks for with our cookie it does not get', async () => {
  for (const path of ['/api/v1/overview', '/api/v1/events', '/metrics'])
    for (const headers of foreign)
      assert.equal((await served.ask('GET', path, { cookie, headers })).status, 403, path);
});

test('our own pages, a typed address, and tokens of programs are let in', async () => {
  const host = new URL(served.url).host;
  for (const from of [
    {},
    { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
    { origin: `http://${host}` },
  ] as Record<string, string>[]) {
    const headers = { ...from, 'x-upkeep': '1' };
    const answer = await served.ask('POST', '/api/v1/tokens', { cookie, headers, body: {} });
    assert.equal(answer.status, 400, `${JSON.stringify(from)}: ${answer.text}`);
  }
  const token = await served.token('read');
  const headers = { origin: 'https://grafana.test', 'sec-fetch-site': 'cross-site' };
  assert.equal((await served.ask('GET', '/api/v1/overview', { token, headers })).status, 200);
});

test('behind a proxy the pages of publicUrl are ours', async () => {
  const behind = await serveApp({ change: (it) => ({ ...it, publicUrl: 'https://upkeep.example.test' }) });
  try {
    const own = await behind.setUp();
    const post = (origin: string) =>
      behind.ask('POST', '/api/v1/tokens', { cookie: own, headers: { 'x-upkeep': '1', origin }, body: {} });
    assert.equal((await post('https://upkeep.example.test')).status, 400);
    assert.equal((await post('https://evil.example.test')).status, 403);
    const header = async (host: string) =>
      (await behind.ask('GET', '/healthz', { headers: { host } })).headers['strict-transport-security'];
    assert.equal(await header('upkeep.example.test'), 'max-age=15552000');
    assert.equal(await header('127.0.0.1'), undefined, 'not over plain http');
  } finally {
    await behind.stop();
  }
});
