/** Codes beside the password, as an app makes them: once each, recovery codes, lock-out, and when everybody must. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import { journalled } from '../../test/people.ts';
import { cookieOf, owner, type ServedApp, serveApp } from '../../test/served-app.ts';
import { defaultAccess } from '../core/access.ts';

const headers = { 'x-upkeep': '1' };
const path = '/api/v1/session/second-factor';

async function withOwner(
  work: (served: ServedApp, cookie: string) => Promise<void>,
  ...options: Parameters<typeof serveApp>
) {
  const served = await serveApp(...options);
  try {
    await work(served, await served.setUp());
  } finally {
    await served.stop();
  }
}

/** What an app on a phone shows at the time of the server. */
function codeOf(served: ServedApp, secret: string, stepsLater = 0): string {
  const timestamp = served.app.ctx.clock.now() + stepsLater * 30_000;
  return TOTP.generate({ secret: Secret.fromBase32(secret), timestamp });
}

const post = (served: ServedApp, cookie: string, where: string, body: unknown) =>
  served.ask('POST', where, { cookie, headers, body });
const signIn = (served: ServedApp, code?: string) =>
  post(served, '', '/api/v1/session', { ...owner, ...(code === undefined ? {} : { code }) });
const see = async (served: ServedApp, cookie: string) =>
  (await served.ask('GET', '/api/v1/overview', { cookie })).status;

async function turnOn(served: ServedApp, cookie: string) {
  const begun = (await post(served, cookie, path, { password: owner.password })).json<{
    secret: string;
    qr: string;
  }>();
  const confirmed = await post(served, cookie, `${path}/confirm`, { code: codeOf(served, begun.secret) });
  assert.equal(confirmed.status, 200, confirmed.text);
  const { recoveryCodes } = confirmed.json<{ recoveryCodes: string[] }>();
  served.pass(60_000);
  return { ...begun, recoveryCodes, cookie: cookieOf(confirmed) };
}

test('it is set up with the password and a first code; the session is a new one, all others end', () =>
  withOwner(async (served, cookie) => {
    const elsewhere = cookieOf(await served.signIn());
    assert.equal((await post(served, cookie, path, { password: 'wrong password' })).status, 403);
    const wrong = await post(served, cookie, `${path}/confirm`, { code: '000000' });
    assert.equal(wrong.status, 403, 'nothing begun');
    const refused = await journalled(served, 'second-factor.refused');
    assert.deepEqual(
      refused.map(({ actor, payload }) => [actor, payload.account, payload.reason]).sort(),
      [
        [owner.name, owner.name, 'the code is wrong, or was used before'],
        [owner.name, owner.name, 'the password is wrong'],
      ],
      'who is signed in is named',
    );
    const made = await turnOn(served, cookie);
    assert.match(made.qr, /^<svg /);
    assert.equal(made.recoveryCodes.length, 10);
    assert.notEqual(made.cookie, cookie);
    const reached = [await see(served, cookie), await see(served, elsewhere), await see(served, made.cookie)];
    assert.deepEqual(reached, [401, 401, 200]);
    assert.equal((await post(served, made.cookie, path, { password: owner.password })).status, 409);
    const stored = JSON.stringify([
      await served.app.ctx.store.db.selectFrom('accounts').selectAll().execute(),
      await served.app.ctx.store.db.selectFrom('recovery_codes').selectAll().execute(),
      await served.app.ctx.store.db.selectFrom('journal').selectAll().execute(),
    ]);
    for (const secret of [made.secret, ...made.recoveryCodes]) assert.ok(!stored.includes(secret), secret);
  }));

test('a code is asked for after the right password, is good once, and a wrong one is told like a wrong password', () =>
  withOwner(async (served, cookie) => {
    const { secret } = await turnOn(served, cookie);
    assert.deepEqual((await signIn(served)).json().error, {
      ...{ code: 'code-needed', message: 'type the code of your app, or a recovery code' },
    });
    const wrongPassword = await post(served, '', '/api/v1/session', {
      ...owner,
      password: 'not it at all',
      code: '123456',
    });
    const wrongCode = await signIn(served, codeOf(served, secret, 50));
    const nobody = await post(served, '', '/api/v1/session', {
      name: 'nobody',
      password: 'x',
      code: '123456',
    });
    assert.deepEqual([wrongCode.status, wrongCode.text], [wrongPassword.status, wrongPassword.text]);
    assert.deepEqual([nobody.status, nobody.text], [wrongPassword.status, wrongPassword.text]);
    const code = codeOf(served, secret);
    const answers = await Promise.all([1, 2, 3].map(() => signIn(served, code)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401], 'once, whoever is first');
    assert.equal((await signIn(served, codeOf(served, secret, -1))).status, 401, 'an older one');
    served.pass(60_000);
    assert.equal(
      (await signIn(served, codeOf(served, secret, 1))).status,
      200,
      'a clock half a minute ahead',
    );
  }));

test('a recovery code lets in once and is journalled; new ones take the place of the old', () =>
  withOwner(async (served, cookie) => {
    const { recoveryCodes, secret, cookie: own } = await turnOn(served, cookie);
    const [first = '', second = ''] = recoveryCodes;
    assert.equal((await signIn(served, first.toUpperCase().replaceAll('-', ' '))).status, 200);
    assert.equal((await signIn(served, first)).status, 401);
    const used = await journalled(served, 'second-factor.recovery-used');
    assert.equal(used.length, 1);
    const left = await served.ask('GET', path, { cookie: own });
    assert.equal(left.json().recoveryCodesLeft, 9);
    const renewed = await post(served, own, `${path}/recovery-codes`, {
      ...{ password: owner.password, code: codeOf(served, secret) },
    });
    assert.equal(renewed.status, 200, renewed.text);
    assert.equal((await signIn(served, second)).status, 401);
    const off = await served.ask('DELETE', path, {
      ...{
        cookie: own,
        headers,
        body: {
          password: owner.password,
          code: renewed.json<{ recoveryCodes: string[] }>().recoveryCodes[0],
        },
      },
    });
    assert.equal(off.status, 200, off.text);
    assert.equal((await signIn(served)).status, 200);
  }));

test('codes cannot be guessed from many addresses, and the lock opens by time', () =>
  withOwner(
    async (served, cookie) => {
      const { secret } = await turnOn(served, cookie);
      const guess = (n: number, code: string) =>
        served.ask('POST', '/api/v1/session', {
          headers: { ...headers, 'x-forwarded-for': `198.51.100.${n}` },
          body: { ...owner, code },
        });
      for (let n = 0; n < 10; n++) assert.equal((await guess(n, codeOf(served, secret, 90 + n))).status, 401);
      assert.equal((await guess(99, codeOf(served, secret))).status, 429);
      const [locked] = await journalled(served, 'login.refused');
      assert.equal(locked?.payload.reason, 'the code is wrong, or was used before');
      served.pass(60_000);
      assert.equal((await guess(99, codeOf(served, secret))).status, 200);
    },
    { change: (it) => ({ ...it, publicUrl: 'https://upkeep.example.test' }) },
  ));

test('another key than the one that sealed it: recovery codes work, and an admin of the machine turns it off', () =>
  withOwner(async (served, cookie) => {
    const { secret, recoveryCodes } = await turnOn(served, cookie);
    const { rmSync } = await import('node:fs');
    await served.restart(() => rmSync(`${served.folder}/data/access.key`));
    assert.equal((await signIn(served, codeOf(served, secret))).status, 401);
    assert.equal((await signIn(served, recoveryCodes[0])).status, 200);
    await served.call('account.second-factor-off', { name: 'owner' }, served.machine);
    assert.equal((await signIn(served)).status, 200);
  }));

test('where everybody must have one, nothing else opens before it is set up, in open browsers too', () => {
  let requireTotp = false;
  return withOwner(
    async (served, cookie) => {
      assert.equal(await see(served, cookie), 200);
      requireTotp = true;
      await served.restart();
      const refused = await served.ask('GET', '/api/v1/overview', { cookie });
      assert.deepEqual([refused.status, refused.text.includes('second factor')], [403, true]);
      assert.equal((await served.ask('HEAD', '/api/v1/events', { cookie })).status, 403);
      const session = await served.ask('GET', '/api/v1/session', { cookie });
      assert.equal(session.json<{ account: { mustEnrol: boolean } }>().account.mustEnrol, true);
      const made = await turnOn(served, cookie);
      assert.equal(await see(served, made.cookie), 200);
      assert.equal(
        (await served.ask('GET', '/api/v1/overview', { token: await served.token('read') })).status,
        200,
      );
    },
    { change: (it) => ({ ...it, access: { ...defaultAccess, requireTotp } }) },
  );
});
