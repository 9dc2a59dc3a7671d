/** Changing a password over HTTP and on the machine: who may, what it ends, what is written down. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { cookieOf, owner, type ServedApp, serveApp } from '../../../test/served-app.ts';
import { scopes } from '../../core/verb.ts';

const cli = { name: 'cli', scopes };
const next = 'quite another secret';
let served: ServedApp;
let cookie: string;
before(async () => {
  served = await serveApp();
  await served.setUp();
});
after(() => served.stop());
beforeEach(async () => {
  served.pass(3_600_000);
  cookie = cookieOf(await served.signIn());
});

const change = (body: Record<string, unknown>, by = cookie) =>
  served.ask('POST', '/api/v1/accounts/password', { cookie: by, headers: { 'x-upkeep': '1' }, body });
const isIn = async (by: string) =>
  (await served.ask('GET', '/api/v1/overview', { cookie: by })).status === 200;

test('the owner changes his password with the present one; his other sessions end, this one stays', async () => {
  const elsewhere = cookieOf(await served.signIn());
  const { status, text } = await change({ current: owner.password, next });
  assert.equal(status, 200, text);
  assert.equal(await isIn(cookie), true);
  assert.equal(await isIn(elsewhere), false);
  assert.equal((await served.signIn()).status, 401);
  assert.equal((await served.signIn({ password: next })).status, 200);
  const [entry] = await served.call<{ actor: string; kind: string; subject: string }[]>('journal.list', {
    kind: 'account.password-changed',
  });
  assert.deepEqual([entry?.actor, entry?.subject], ['owner', 'account:owner']);
  assert.equal((await change({ current: next, next: owner.password })).status, 200);
});

test('without the present password nothing changes, and guessing it has an end', async () => {
  for (const current of [undefined, 'wrong', 'wrong', 'wrong', 'wrong']) {
    const { status, text } = await change({ current, next });
    assert.equal(status, 403, text);
    assert.match(text, /current: is not your password/);
  }
  assert.equal((await change({ current: owner.password, next })).status, 429);
  served.pass(15 * 60_000);
  assert.equal((await change({ current: owner.password, next: owner.password })).status, 200);
});

test('guesses that come all at once are counted as well', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => change({ current: 'wrong', next })));
  assert.equal(answers.filter(({ status }) => status === 403).length, 5);
});

test('what is no password is refused', async () => {
  for (const [bad, reason] of [
    ['short', /at least 10/],
    ['aaaaaaaaaaaa', /different/],
  ] as const)
    assert.match((await change({ current: owner.password, next: bad })).text, reason);
});

test('a token changes no password; the machine itself changes that of the only account without the old one', async () => {
  const token = await served.token('admin', 'read');
  const asked = await served.ask('POST', '/api/v1/accounts/password', { token, body: { next } });
  assert.equal(asked.status, 403, asked.text);
  await served.call('account.password', { next }, cli);
  assert.equal(await isIn(cookie), false);
  assert.equal((await served.signIn({ password: next })).status, 200);
  await assert.rejects(served.call('account.password', { name: 'nobody', next }, cli), /no account nobody/);
  await served.call('account.password', { name: 'OWNER', next: owner.password }, cli);
});

test('accounts are listed without what they sign in with', async () => {
  const listed = await served.call<object[]>('account.list');
  assert.deepEqual(
    listed.map((one) => Object.keys(one).sort()),
    [['createdAt', 'disabledAt', 'id', 'name', 'provider', 'role', 'secondFactorSince']],
  );
});
