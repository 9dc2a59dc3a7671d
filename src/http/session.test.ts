/** The first visit and signing in: one-time links, guessing, cookies, what the journal keeps of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cookieOf, owner, type ServedApp, serveApp } from '../../test/served-app.ts';
import type { JournalEntry } from '../core/view.ts';

const headers = { 'x-upkeep': '1' };
const linkToken = ({ app }: ServedApp) => /#token=(.+)$/.exec(app.setupLink ?? '')?.[1] ?? '';
const setup = (served: ServedApp, token: string, more: Record<string, unknown> = {}) =>
  served.ask('POST', '/api/v1/setup', { headers, body: { token, ...owner, ...more } });
const entries = (served: ServedApp) => served.call<JournalEntry[]>('journal.list', { limit: 500 });

async function withApp(work: (served: ServedApp) => Promise<void>, ...options: Parameters<typeof serveApp>) {
  const served = await serveApp(...options);
  try {
    await work(served);
  } finally {
    await served.stop();
  }
}

test('a one-time link works once, for a day, and only the newest one', () =>
  withApp(async (served) => {
    const first = linkToken(served);
    await served.restart();
    const second = linkToken(served);
    assert.notEqual(second, first);
    assert.equal((await setup(served, first)).status, 410, 'the link of an earlier start');
    served.pass(24 * 3_600_000);
    assert.equal((await setup(served, second)).status, 410, 'a day later');
    await served.restart();
    const third = linkToken(served);
    const answers = await Promise.all([1, 2, 3].map((n) => setup(served, third, { name: `owner${n}` })));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 410, 410]);
    assert.equal((await setup(served, third, { name: 'again' })).status, 410);
    await served.restart();
    assert.equal(served.app.setupLink, null);
  }));

test('an unused link makes no second owner', () =>
  withApp(async (served) => {
    const { createdAt, token } = { createdAt: Date.now(), token: 'left-over' };
    await served.setUp();
    const { store, digest } = served.app.ctx;
    await store.db
      .insertInto('invitations')
      .values({
        hash: digest(token),
        role: 'owner',
        created_at: createdAt,
        expires_at: createdAt + 3_600_000,
        used_at: null,
      })
      .execute();
    assert.equal((await setup(served, token, { name: 'intruder' })).status, 410);
    assert.deepEqual(
      (await store.db.selectFrom('accounts').select('name').execute()).map(({ name }) => name),
      [owner.name],
    );
  }));

test('the link is in no log, and nothing of it or of a password is stored', () =>
  withApp(async (served) => {
    const token = linkToken(served);
    await served.setUp();
    await served.signIn({ name: 'my typed password 1', password: 'another typed one' });
    const log = served.logged.join('\n');
    const { db } = served.app.ctx.store;
    const rows = [
      await db.selectFrom('journal').selectAll().execute(),
      await db.selectFrom('invitations').selectAll().execute(),
      await db.selectFrom('accounts').selectAll().execute(),
      await db.selectFrom('sessions').selectAll().execute(),
    ];
    const stored = JSON.stringify(rows);
    for (const secret of [token, owner.password, 'my typed password 1', 'another typed one']) {
      assert.ok(!log.includes(secret), `logged: ${secret}`);
      assert.ok(!stored.includes(secret), `stored: ${secret}`);
    }
  }));

test('names and passwords that are none are refused with the reason, and leave the link good', () =>
  withApp(async (served) => {
    const token = linkToken(served);
    const wrong: [Record<string, unknown>, RegExp][] = [
      [{ password: 'short' }, /at least 10 characters/],
      [{ password: 'aaaaaaaaaaaaaaa' }, /different characters/],
      [{ name: 'a-long-owner-name', password: 'A-long-owner-name' }, /must not be the name/],
      [{ password: 'x'.repeat(1_001) }, /password/],
      [{ name: 'cli' }, /Upkeep uses itself/],
      [{ name: 'Token:ci' }, /Upkeep uses itself/],
      [{ name: ' upkeep ' }, /Upkeep uses itself/],
      [{ name: 'ow\u202ener' }, /cannot be seen/],
      [{ name: 'ow\nner' }, /cannot be seen/],
      [{ name: '' }, /name/],
      [{ password: 12345678901 }, /password/],
    ];
    for (const [more, reason] of wrong) {
      const answer = await setup(served, token, more);
      assert.equal(answer.status, 400, JSON.stringify(more));
      assert.match(answer.text, reason);
      assert.ok(!answer.text.includes(token));
    }
    assert.equal((await setup(served, token)).status, 200);
  }));

test('a cookie is kept from scripts, other sites and, behind https, plain http', () =>
  withApp(
    async (served) => {
      await served.setUp();
      const plain = String((await served.signIn()).headers['set-cookie']);
      assert.match(plain, /^upkeep_session=[\w-]{43}; .*HttpOnly/);
      assert.match(plain, /SameSite=Strict/);
      assert.match(plain, /Path=\//);
      assert.doesNotMatch(plain, /Secure|Domain/);
      const claimed = await served.signIn({ headers: { 'x-forwarded-proto': 'https' } });
      assert.doesNotMatch(String(claimed.headers['set-cookie']), /Secure/, 'a claim of the client');
      const proxied = await served.signIn({ headers: { host: 'upkeep.example.test' } });
      assert.match(String(proxied.headers['set-cookie']), /; Secure/);
    },
    { change: (configuration) => ({ ...configuration, publicUrl: 'https://upkeep.example.test' }) },
  ));

test('signing in again replaces the session of that browser', () =>
  withApp(async (served) => {
    const cookie = await served.setUp();
    const next = cookieOf(await served.signIn({ cookie }));
    assert.notEqual(next, cookie);
    assert.equal((await served.ask('GET', '/api/v1/overview', { cookie })).status, 401);
    assert.equal((await served.ask('GET', '/api/v1/overview', { cookie: next })).status, 200);
  }));

test('guessing has to wait, even all at once, and the right password then waits too, but not for ever', () =>
  withApp(async (served) => {
    await served.setUp();
    const guesses = await Promise.all(
      Array.from({ length: 9 }, () => served.signIn({ password: 'a wrong password' })),
    );
    const statuses = guesses.map(({ status }) => status);
    // Two are checked at a time, so one more may be under way when the fifth fails.
    const checked = statuses.filter((status) => status === 401).length;
    assert.ok(checked === 5 || checked === 6, String(checked));
    assert.equal(statuses.filter((status) => status === 429).length, 9 - checked);
    const locked = await served.signIn();
    assert.equal(locked.status, 429);
    assert.match(locked.text, /try again in \d+ s/);
    assert.equal(
      (await served.signIn({ name: 'OWNER' })).status,
      429,
      'the case of the name is no way around',
    );
    // A sixth guess that was checked has doubled the wait.
    served.pass(checked === 5 ? 61_000 : 121_000);
    assert.equal((await served.signIn()).status, 200);
  }));

test('an unknown name takes as long as a known one', () =>
  withApp(async (served) => {
    await served.setUp(owner, 'real');
    const time = async (name: string) => {
      const startedAt = performance.now();
      assert.equal((await served.signIn({ name, password: 'a wrong password' })).status, 401);
      return performance.now() - startedAt;
    };
    await time('warm');
    const known = Math.min(await time(owner.name), await time(owner.name), await time(owner.name));
    const unknown = Math.min(await time('nobody'), await time('nobody'), await time('nobody'));
    // A name looked up without the hash takes a hundredth.
    assert.ok(unknown > known / 3 && known > unknown / 3, `${known} ms and ${unknown} ms`);
  }));

test('every sign-in is journaled; refusals too, but strangers cannot fill the journal', () =>
  withApp(
    async (served) => {
      await served.setUp();
      const from = (n: number) => ({
        headers: { 'x-forwarded-for': `6.6.6.6, 203.0.113.${n}` },
        password: 'a wrong password',
      });
      for (let n = 0; n < 22; n++)
        assert.equal((await served.signIn({ ...from(n), name: `n${n}` })).status, 401);
      const before = await entries(served);
      const refused = before.filter(({ kind }) => kind === 'login.refused');
      assert.equal(refused.length, 20);
      assert.ok(
        refused.every(({ actor, subject }) => actor === 'stranger' && subject === 'account:(unknown)'),
      );
      assert.equal(refused[0]?.payload.address, '203.0.113.19', 'the one that the proxy wrote');
      served.pass(10 * 60_000);
      await served.signIn({ ...from(31) });
      const [newest] = (await entries(served)).filter(({ kind }) => kind === 'login.refused');
      assert.equal(newest?.payload.leftOutBefore, 2);
      assert.equal(newest?.subject, `account:${owner.name}`);
      const cookie = cookieOf(await served.signIn());
      await served.ask('DELETE', '/api/v1/session', { cookie, headers });
      const kinds = (await entries(served)).slice(0, 2).map(({ kind, actor }) => `${kind} ${actor}`);
      assert.deepEqual(kinds, [`logout ${owner.name}`, `login.accepted ${owner.name}`]);
    },
    { change: (configuration) => ({ ...configuration, publicUrl: 'http://127.0.0.1' }) },
  ));
