/** Who may do what: every verb with every scope, cookies, tokens, sessions. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { journalled } from '../../test/people.ts';
import { cookieOf, owner, type ServedApp, serveApp } from '../../test/served-app.ts';
import { type Scope, scopes } from '../core/verb.ts';
import { verbs } from '../verbs/index.ts';

let served: ServedApp;
before(async () => {
  served = await serveApp();
});
after(() => served.stop());

for (const granted of scopes) {
  test(`a token with only ${granted} is answered 403 by every verb of another scope, and by no verb of its own`, async () => {
    const token = await served.token(granted);
    for (const verb of verbs) {
      const [method = '', route = ''] = verb.route.split(' ');
      const path = `/api/v1${route.replace(/:\w+/g, '00000000')}`;
      const { status, text } = await served.ask(method, path, { token });
      if (verb.scope === granted) assert.notEqual(status, 403, `${verb.name}: ${text}`);
      else assert.equal(status, 403, `${verb.name}: ${text}`);
      assert.ok(status < 500, `${verb.name}: ${text}`);
    }
  });
}

test('metrics and the live stream need the scope read', async () => {
  const token = await served.token('operate', 'approve', 'admin');
  for (const path of ['/metrics', '/api/v1/events'])
    assert.equal((await served.ask('GET', path, { token })).status, 403, path);
  assert.equal((await served.ask('GET', '/metrics', { token: await served.token('read') })).status, 200);
});

test('nobody gives a scope that they lack, so a token without approve cannot come by it', async () => {
  const admin = await served.token('read', 'admin');
  const make = (name: string, granted: Scope[] | string) =>
    served.ask('POST', '/api/v1/tokens', { token: admin, body: { name, scopes: granted } });
  const refused = await make('sly', ['read', 'approve']);
  assert.equal(refused.status, 403);
  assert.match(refused.text, /approve/);
  assert.equal((await make('honest', 'read, admin')).status, 200);
});

test('scopes are read from a list or from text with commas; nonsense is named', async () => {
  const made = (given: unknown) =>
    served.call<{ scopes: Scope[] }>('token.create', { name: `t${JSON.stringify(given)}`, scopes: given });
  assert.deepEqual((await made('operate, read,read')).scopes, ['read', 'operate']);
  assert.deepEqual((await made(['approve'])).scopes, ['approve']);
  assert.deepEqual((await made(undefined)).scopes, ['read']);
  for (const wrong of ['', ',', 'root', 'read,root', []]) await assert.rejects(made(wrong), /scope/i);
});

test('two tokens in use cannot share a name, nor hide characters in it', async () => {
  const token = await served.token('admin', 'read');
  const make = (name: string) => served.ask('POST', '/api/v1/tokens', { token, body: { name } });
  const first = await make('ci');
  assert.equal(first.status, 200);
  assert.equal((await make('CI')).status, 409);
  const { id } = first.json<{ id: string }>();
  assert.equal((await served.ask('DELETE', `/api/v1/tokens/${id}`, { token })).status, 200);
  assert.equal((await make('ci')).status, 200);
  for (const name of ['a\u202eb', 'a\u0000b', 'a\u001b[31m', '\u200bci', ' ', 'x'.repeat(61)])
    assert.equal((await make(name)).status, 400, JSON.stringify(name));
});

test('a token works until it is revoked, and its last use is shown without its secret', async () => {
  const token = await served.token('read');
  assert.equal((await served.ask('GET', '/api/v1/overview', { token })).status, 200);
  const admin = await served.token('admin');
  const listed = await served.ask('GET', '/api/v1/tokens', { token: admin });
  const [mine] = listed
    .json<{ id: string; name: string; lastUsedAt: number | null }[]>()
    .filter((one) => one.lastUsedAt !== null && /^read-/.test(one.name));
  assert.ok(mine?.lastUsedAt);
  assert.ok(!listed.text.includes('upk_'), listed.text);
  assert.equal((await served.ask('DELETE', `/api/v1/tokens/${mine.id}`, { token: admin })).status, 200);
  assert.equal((await served.ask('GET', '/api/v1/overview', { token })).status, 401);
  assert.equal((await served.ask('DELETE', `/api/v1/tokens/${mine.id}`, { token: admin })).status, 404);
});

test('who lacks a scope stands in the journal', async () => {
  const token = await served.token('read');
  // So many were refused above that only some of them were written down.
  served.pass(3_600_000);
  await served.ask('POST', '/api/v1/tokens', { token, body: { name: 'x' } });
  const [entry] = await journalled(served, 'access.refused');
  assert.equal(entry?.subject, 'verb:token.create');
  assert.match(entry.actor, /^token:read-/);
});

test('a cookie needs the header that another site cannot send; a token does not', async () => {
  const cookie = await served.setUp();
  const body = { name: 'by cookie' };
  assert.equal((await served.ask('POST', '/api/v1/tokens', { cookie, body })).status, 403);
  const headers = { 'x-upkeep': '1' };
  assert.equal((await served.ask('POST', '/api/v1/tokens', { cookie, headers, body })).status, 200);
  const token = await served.token('admin', 'read');
  assert.equal((await served.ask('POST', '/api/v1/tokens', { token, body: { name: 'b' } })).status, 200);
  assert.equal((await served.ask('GET', '/api/v1/overview', { cookie })).status, 200);
  const signIn = await served.ask('POST', '/api/v1/session', { body: owner });
  assert.equal(signIn.status, 403, 'signing in from another site');
  assert.equal((await served.ask('DELETE', '/api/v1/session', { cookie })).status, 403);
  const both = await served.ask('GET', '/api/v1/overview', { cookie, token: 'upk_wrong' });
  assert.equal(both.status, 401, 'a wrong token is not made good by a cookie');
});

test('signing out, being signed out and time end a session', async () => {
  const headers = { 'x-upkeep': '1' };
  const [first, second, third] = [
    cookieOf(await served.signIn()),
    cookieOf(await served.signIn()),
    cookieOf(await served.signIn()),
  ];
  const status = async (cookie: string) => (await served.ask('GET', '/api/v1/overview', { cookie })).status;
  assert.deepEqual([await status(first), await status(second), await status(third)], [200, 200, 200]);
  await served.ask('DELETE', '/api/v1/session', { cookie: first, headers });
  assert.deepEqual([await status(first), await status(second)], [401, 200]);

  const sessions = await served.call<{ id: string; account: string }[]>('session.list');
  assert.ok(sessions.length >= 2);
  assert.ok(sessions.every(({ account }) => account === owner.name));
  for (const { id } of sessions)
    assert.equal(
      (await served.ask('GET', '/api/v1/overview', { cookie: `upkeep_session=${id}` })).status,
      401,
    );
  const [newest] = sessions;
  assert.deepEqual(await served.call('session.revoke', { id: newest?.id ?? '' }), { ended: 1 });
  assert.deepEqual([await status(second), await status(third)].sort(), [200, 401]);
  await assert.rejects(served.call('session.revoke', { id: '0000000000000000' }), /no session/);
  await served.call('session.revoke', { id: 'all' });
  assert.deepEqual([await status(second), await status(third)], [401, 401]);

  const last = cookieOf(await served.signIn());
  for (let day = 1; day < 14; day++) {
    served.pass(86_400_000);
    assert.equal(await status(last), 200, `day ${day}`);
  }
  served.pass(86_400_000);
  assert.equal(await status(last), 401, 'in use, but two weeks old');

  const idle = cookieOf(await served.signIn());
  served.pass(3 * 86_400_000 - 60_000);
  assert.equal(await status(idle), 200);
  served.pass(3 * 86_400_000);
  assert.equal(await status(idle), 401, 'three days without a request');
});
