/** People by invitation: roles, what they lose at once, who may change whom. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { invited, journalled, password, tokenIn } from '../../test/people.ts';
import { cookieOf, owner, type ServedApp, serveApp } from '../../test/served-app.ts';

const headers = { 'x-upkeep': '1' };
let served: ServedApp;
let ownerCookie: string;
before(async () => {
  served = await serveApp();
  ownerCookie = await served.setUp();
});
after(() => served.stop());

const post = (cookie: string, path: string, body: unknown = {}) =>
  served.ask('POST', `/api/v1${path}`, { cookie, headers, body });
const remove = (cookie: string, path: string) => served.ask('DELETE', `/api/v1${path}`, { cookie, headers });
const see = async (cookie: string) => (await served.ask('GET', '/api/v1/overview', { cookie })).status;
const signIn = (name: string) => served.signIn({ name, password });
const newest = async (kind: string) => (await journalled(served, kind))[0];

test('an invitation makes one account of its role and name, and is good once, for three days, until taken back', async () => {
  const invite = async (body: Record<string, unknown>) =>
    (await post(ownerCookie, '/accounts/invitations', body)).json<{ id: string; link: string }>();
  const use = (link: string, name: string) => post('', '/setup', { token: tokenIn(link), name, password });
  const named = await invite({ role: 'operator', name: 'robin' });
  assert.match(named.link, /#token=[\w-]{43}&name=robin$/);
  const first = await use(named.link, 'somebody else');
  assert.deepEqual(first.json().account, { name: 'robin', role: 'operator' });
  assert.equal((await use(named.link, 'again')).status, 410);
  assert.equal((await newest('account.created'))?.payload.invitedBy, owner.name);
  const taken = await invite({ role: 'viewer' });
  assert.equal((await use(taken.link, 'OWNER')).status, 409, 'a name that is taken leaves the link good');
  assert.equal((await remove(ownerCookie, `/accounts/invitations/${taken.id}`)).status, 200);
  assert.equal((await use(taken.link, 'late')).status, 410);
  const old = await invite({ role: 'viewer' });
  served.pass(3 * 86_400_000);
  assert.equal((await use(old.link, 'late')).status, 410);
  ownerCookie = cookieOf(await served.signIn());
  const stored = JSON.stringify(await served.app.ctx.store.db.selectFrom('journal').selectAll().execute());
  for (const { link } of [named, taken, old])
    assert.ok(!stored.includes(tokenIn(link)), 'a link in the journal');
});

test('another role counts in open browsers at once, and what was handed out beyond it ends', async () => {
  const cookie = await invited(served, 'admin', 'kim');
  const made = await post(cookie, '/tokens', { name: 'of kim', scopes: ['read', 'admin'] });
  const { token } = made.json<{ token: string }>();
  const { link } = (await post(cookie, '/accounts/invitations', { role: 'admin' })).json<{ link: string }>();
  assert.equal((await post(ownerCookie, '/accounts/kim/role', { role: 'viewer' })).status, 200);
  assert.equal(await see(cookie), 200);
  assert.equal((await post(cookie, '/tokens', { name: 'more' })).status, 403);
  assert.equal((await served.ask('GET', '/api/v1/overview', { token })).status, 401);
  assert.equal((await post('', '/setup', { token: tokenIn(link), name: 'by kim', password })).status, 410);
  assert.deepEqual((await newest('account.role-changed'))?.payload, {
    ...{ from: 'admin', to: 'viewer', revokedTokens: ['of kim'] },
  });
});

test('a disabled account is out everywhere at once, and in again only after it is enabled', async () => {
  const cookie = await invited(served, 'operator', 'jo');
  assert.equal((await post(ownerCookie, '/accounts/jo/disable')).status, 200);
  assert.equal(await see(cookie), 401);
  const answer = await signIn('jo');
  assert.deepEqual([answer.status, answer.text.includes('the name or the password is wrong')], [401, true]);
  assert.equal((await post(ownerCookie, '/accounts/jo/enable')).status, 200);
  assert.equal(await see(cookie), 401, 'its sessions stay ended');
  assert.equal((await signIn('jo')).status, 200);
  assert.equal((await remove(ownerCookie, '/accounts/jo')).status, 200);
  assert.equal((await signIn('jo')).status, 401);
  assert.deepEqual((await newest('account.removed'))?.subject, 'account:jo');
});

test('the live stream of somebody who is disabled ends', async () => {
  const cookie = await invited(served, 'viewer', 'lee');
  const stream = served.ask('GET', '/api/v1/events', { cookie });
  await post(ownerCookie, '/accounts/lee/disable');
  assert.match((await stream).text, /^event: hello/);
});

test('admins do not touch owners, nobody gives more than they have, and the last owner stays', async () => {
  const admin = await invited(served, 'admin', 'ada');
  for (const change of [
    post(admin, '/accounts/owner/role', { role: 'viewer' }),
    post(admin, '/accounts/owner/disable'),
    remove(admin, '/accounts/owner'),
    post(admin, '/accounts/password', { name: 'owner', current: password, next: 'another long one' }),
    post(admin, '/accounts/invitations', { role: 'owner' }),
    post(admin, '/accounts/ada/role', { role: 'owner' }),
  ])
    assert.equal((await change).status, 403, (await change).text);
  const token = await served.token('read', 'admin');
  const byToken = await served.ask('POST', '/api/v1/accounts/invitations', {
    token,
    body: { role: 'approver' },
  });
  assert.equal(byToken.status, 403);
  assert.match(byToken.text, /approve/);
  for (const change of [
    post(ownerCookie, '/accounts/owner/role', { role: 'admin' }),
    post(ownerCookie, '/accounts/owner/disable'),
    remove(ownerCookie, '/accounts/owner'),
  ])
    assert.equal((await change).status, 409, (await change).text);
  const second = await invited(served, 'owner', 'second');
  assert.equal((await post(second, '/accounts/owner/role', { role: 'admin' })).status, 200);
  assert.equal((await post(second, '/accounts/second/role', { role: 'admin' })).status, 409);
  assert.equal((await post(second, '/accounts/owner/role', { role: 'owner' })).status, 200);
});

test('people see and end their own sessions, admins everybody’s, tokens none', async () => {
  const viewer = await invited(served, 'viewer', 'vi');
  const list = async (who: object) =>
    (await served.ask('GET', '/api/v1/sessions', who)).json<
      { id: string; account: string; isThis: boolean }[]
    >();
  const own = await list({ cookie: viewer });
  assert.deepEqual(
    own.map(({ account, isThis }) => [account, isThis]),
    [['vi', true]],
  );
  const all = await list({ cookie: ownerCookie });
  assert.ok(all.some(({ account }) => account === 'vi') && all.some(({ account }) => account === 'owner'));
  assert.deepEqual(await list({ token: await served.token('read') }), []);
  const others = all.find(({ account }) => account === 'owner');
  assert.equal((await remove(viewer, `/sessions/${others?.id}`)).status, 404);
  assert.equal((await remove(viewer, '/sessions/all')).json().ended, 1);
  assert.deepEqual([await see(viewer), await see(ownerCookie)], [401, 200]);
});

test('a token that is unknown or revoked leaves a line without its secret', async () => {
  served.pass(3_600_000);
  await served.ask('GET', '/api/v1/overview', { token: 'upk_never-was-one' });
  const entry = await newest('token.refused');
  assert.deepEqual(entry?.payload, { address: '127.0.0.1', reason: 'unknown' });
  const token = await served.token('read');
  const [listed] = await served.call<{ id: string }[]>('token.list');
  await served.call('token.revoke', { id: listed?.id });
  await served.ask('GET', '/api/v1/overview', { token });
  const [second] = await journalled(served, 'token.refused');
  assert.deepEqual([second?.subject, second?.payload.reason], [`token:${listed?.id}`, 'revoked']);
});
