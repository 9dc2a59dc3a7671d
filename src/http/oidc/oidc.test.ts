/** Signing in with a real OpenID provider: roles by groups, domains, and everything that must not let in. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { journalled } from '../../../test/people.ts';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { freePort } from '../../../test/servers/free-port.ts';
import { type OpenIdServer, startOpenId } from '../../../test/servers/openid.ts';
import { defaultAccess, type ProviderSettings } from '../../core/access.ts';

let provider: OpenIdServer;
let served: ServedApp;
let settings: ProviderSettings;
before(async () => {
  const port = await freePort();
  provider = await startOpenId(() => [`http://127.0.0.1:${port}/oidc/company/callback`]);
  settings = {
    ...{ name: 'company', label: 'Company', issuer: provider.issuer },
    ...{ clientId: 'upkeep', clientSecret: 'provider-secret' },
    scopes: ['openid', 'profile', 'email'],
    allowedDomains: ['example.org'],
    roles: {
      claim: 'realm_access.roles',
      byValue: new Map([
        ['sre', 'admin'],
        ['dev', 'operator'],
      ]),
      fallback: null,
    },
  };
  served = await serveApp({
    change: (it) => ({
      ...it,
      listen: { host: '127.0.0.1', port },
      access: { ...defaultAccess, requireTotp: true, oidc: [settings] },
    }),
  });
  await served.setUp();
});
after(async () => {
  await served.stop();
  await provider.stop();
});

/** A browser: cookies by host and port, redirects one by one. */
function browser() {
  const jar = new Map<string, Map<string, string>>();
  const passed: URL[] = [];
  /** Ends before it opens an address of that path. */
  async function visit(address: string, before?: string): Promise<{ at: URL; passed: URL[] }> {
    const url = new URL(address);
    passed.push(url);
    const own = jar.get(url.host) ?? new Map<string, string>();
    jar.set(url.host, own);
    const cookie = [...own].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line) || /max-age=0/i.test(line)) own.delete(name);
      else own.set(name, value);
    }
    const next = response.headers.get('location');
    await response.body?.cancel();
    const to = next === null ? null : new URL(next, url);
    if (to === null) return { at: url, passed };
    return to.pathname === before ? { at: to, passed } : visit(to.href, before);
  }
  return {
    visit,
    cookies: (host: string) => jar.get(host) ?? new Map<string, string>(),
    /** The session there, as the page would ask for it. */
    async account() {
      const cookie = `upkeep_session=${jar.get(new URL(served.url).host)?.get('upkeep_session') ?? ''}`;
      const { account } = (await served.ask('GET', '/api/v1/session', { cookie })).json<{
        account: { name: string; role: string; mustEnrol: boolean } | null;
      }>();
      return account;
    },
  };
}

const mei = {
  ...{ sub: '77', email: 'mei@example.org', email_verified: true, preferred_username: 'mei' },
  realm_access: { roles: ['dev', 'everybody'] },
};
const start = () => `${served.url}/oidc/company/start`;
const refusal = async () => String((await journalled(served, 'login.refused'))[0]?.payload.reason);

test('somebody of the provider gets an account with the role of their group, and another one when that changes', async () => {
  provider.person = mei;
  const first = browser();
  const { passed } = await first.visit(start());
  const account = await first.account();
  assert.deepEqual([account?.name, account?.role, account?.mustEnrol], ['mei', 'operator', false]);
  const asked = passed.find((url) => url.pathname === '/auth')?.searchParams;
  assert.equal(asked?.get('code_challenge_method'), 'S256');
  assert.ok(asked?.get('state') && asked.get('nonce') && asked.get('code_challenge'));
  provider.person = { ...mei, realm_access: { roles: ['dev', 'sre'] }, preferred_username: 'renamed' };
  const second = browser();
  await second.visit(start());
  assert.deepEqual((await second.account())?.role, 'admin', 'the most of several');
  assert.deepEqual((await first.account())?.role, 'admin', 'in the other browser at once');
  assert.equal((await second.account())?.name, 'mei', 'the name stays, since it is not who they are');
  const [login] = await journalled(served, 'login.accepted');
  assert.equal(login?.payload.method, 'oidc:company');
});

test('who has no group, another domain, an unverified address or somebody’s name is not let in', async () => {
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ sub: '78', realm_access: { roles: ['everybody'] } }, /no role/],
    [{ sub: '79', email: 'mei@example.org.evil.test' }, /no verified address/],
    [{ sub: '80', email_verified: false }, /no verified address/],
    [{ sub: '81', email: undefined }, /no verified address/],
    [{ sub: '82', preferred_username: 'OWNER' }, /belongs to another account/],
    [{ sub: '83', preferred_username: 'mei' }, /belongs to another account/],
  ];
  for (const [more, reason] of cases) {
    provider.person = { ...mei, ...more, sub: String(more.sub) };
    const someone = browser();
    const { at } = await someone.visit(start());
    assert.equal(at.hash, '#sign-in=refused');
    assert.equal(await someone.account(), null);
    assert.match(await refusal(), reason);
  }
  assert.equal((await served.call<unknown[]>('account.list')).length, 2);
});

test('the names that Upkeep uses itself are passed over', async () => {
  provider.person = { ...mei, sub: '90', preferred_username: 'cli', email: 'kim@example.org' };
  const kim = browser();
  await kim.visit(start());
  assert.equal((await kim.account())?.name, 'kim@example.org');
});

test('a disabled account stays out whatever the provider says', async () => {
  provider.person = mei;
  await served.call('account.disable', { name: 'mei' }, served.machine);
  const again = browser();
  await again.visit(start());
  assert.equal(await again.account(), null);
  assert.match(await refusal(), /disabled/);
  await served.call('account.enable', { name: 'mei' }, served.machine);
});

test('an answer that this browser did not ask for, that was used, altered or is late lets nobody in', async () => {
  provider.person = mei;
  const honest = browser();
  const { passed } = await honest.visit(start());
  const answer = passed.find((url) => url.pathname === '/oidc/company/callback')?.href ?? '';
  const victim = browser();
  await victim.visit(answer);
  assert.equal(await victim.account(), null, 'somebody else’s answer');
  assert.match(await refusal(), /no sign-in was begun in this browser/);

  for (const alter of [
    (url: URL) => url.searchParams.set('state', 'another'),
    (url: URL) => url.searchParams.delete('state'),
    (url: URL) => url.searchParams.set('code', 'another'),
    (url: URL) => url.searchParams.set('iss', 'https://evil.test'),
  ]) {
    const someone = browser();
    const url = (await someone.visit(start(), '/oidc/company/callback')).at;
    alter(url);
    await someone.visit(url.href);
    assert.equal(await someone.account(), null, url.search);
  }

  served.pass(60_000);
  const late = browser();
  const { at } = await late.visit(start(), '/oidc/company/callback');
  const carried = late.cookies(new URL(served.url).host).get('upkeep_oidc') ?? '';
  assert.doesNotMatch(Buffer.from(carried, 'base64url').toString('latin1'), /verifier|nonce/, 'sealed');
  served.pass(11 * 60_000);
  assert.equal((await late.visit(at.href)).at.hash, '#sign-in=refused');
});

test('a provider that is not there is said so, and one that is not configured is not found', async () => {
  assert.equal((await served.ask('GET', '/oidc/other/start')).status, 404);
  const { issuer } = settings;
  try {
    settings = { ...settings, issuer: 'http://127.0.0.1:9/none' };
    await served.restart();
    const { at } = await browser().visit(start());
    assert.equal(at.hash, '#sign-in=unavailable');
  } finally {
    settings = { ...settings, issuer };
  }
});
