/**
 * Signing in with an OpenID provider: authorization code with PKCE. What must come back with the browser is a sealed
 * cookie of ten minutes, so nothing is kept here for strangers.
 */
import { type Context, Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import type { ProviderSettings } from '../../core/access.ts';
import { UpkeepError } from '../../core/verb.ts';
import { addressOf, isOverHttps } from '../address.ts';
import { type App, openSession, stranger } from '../open-session.ts';
import { createRate } from '../receivers/rate.ts';
import type { Doorway } from '../session.ts';
import { accountFor } from './account.ts';
import { judge } from './claims.ts';
import { addressOfSignIn, claimsOf, createDiscovery, type Journey } from './provider.ts';

const cookie = 'upkeep_oidc';
const lifeMs = 10 * 60_000;

const carried = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  provider: z.string(),
  until: z.number(),
});

/** The page tells what went wrong by this word alone; the journal and the log have the reason. */
type Failure = 'refused' | 'unavailable';

export function providerRoutes({ access, refusals }: Doorway): Hono<App> {
  const routes = new Hono<App>();
  const discover = createDiscovery(access.clock);
  const rate = createRate(access.clock, { burst: 30, everyMs: 2_000 });

  routes.get('/oidc/:provider/start', async (c) => {
    rate(addressOf(c, access.publicUrl() !== null));
    const settings = provider(c);
    const { newSecret, sealing, clock } = access;
    const journey: Journey = { state: newSecret(), nonce: newSecret(), verifier: newSecret() };
    try {
      const found = await discover(settings);
      const to = await addressOfSignIn(found, journey, {
        scopes: settings.scopes,
        redirectUri: redirectUri(settings),
      });
      const content = { ...journey, provider: settings.name, until: clock.now() + lifeMs };
      setCookie(c, cookie, sealing.seal('oidc', JSON.stringify(content)), {
        httpOnly: true,
        // The provider sends the browser back from its own site.
        sameSite: 'Lax',
        path: '/oidc',
        maxAge: lifeMs / 1_000,
        secure: isOverHttps(c, access.publicUrl()),
      });
      return c.redirect(to);
    } catch (error) {
      return fail(c, settings, 'unavailable', error);
    }
  });

  routes.get('/oidc/:provider/callback', async (c) => {
    rate(addressOf(c, access.publicUrl() !== null));
    const settings = provider(c);
    const journey = carriedBy(c, settings);
    deleteCookie(c, cookie, { path: '/oidc' });
    if (!journey) return fail(c, settings, 'refused', new Error('no sign-in was begun in this browser'));
    // As the provider saw it: a proxy may have called us by another name.
    const returned = new URL(redirectUri(settings));
    returned.search = new URL(c.req.url).search;
    try {
      const verdict = judge(await claimsOf(await discover(settings), returned, journey), settings);
      if (verdict.kind === 'refused') return await fail(c, settings, 'refused', new Error(verdict.reason));
      const account = await accountFor(access, settings, verdict, addressOf(c, access.publicUrl() !== null));
      if (typeof account === 'string') return await fail(c, settings, 'refused', new Error(account));
      await openSession(c, access, account, { kind: 'login.accepted', method: `oidc:${settings.name}` });
      return c.redirect('/');
    } catch (error) {
      return fail(c, settings, 'refused', error);
    }
  });

  function provider(c: Context<App>): ProviderSettings {
    const name = c.req.param('provider') ?? '';
    const found = access.settings().oidc.find((one) => one.name === name);
    if (!found) throw new UpkeepError('not-found', `no provider is called ${name}`);
    return found;
  }

  function redirectUri({ name }: ProviderSettings): string {
    return `${access.baseUrl()}/oidc/${name}/callback`;
  }

  function carriedBy(c: Context<App>, { name }: ProviderSettings): Journey | null {
    const opened = access.sealing.open('oidc', getCookie(c, cookie) ?? '');
    const content = opened === null ? null : carried.parse(JSON.parse(opened));
    return content !== null && content.provider === name && content.until > access.clock.now()
      ? content
      : null;
  }

  async function fail(c: Context<App>, { name }: ProviderSettings, failure: Failure, error: unknown) {
    const reason = error instanceof Error ? error.message : String(error);
    const address = addressOf(c, access.publicUrl() !== null);
    access.log.warn('a sign-in with a provider failed', { provider: name, why: reason });
    const payload = { address, method: `oidc:${name}`, reason };
    await refusals({ actor: stranger, kind: 'login.refused', subject: 'account:(unknown)', payload });
    return c.redirect(`/#sign-in=${failure}`);
  }

  return routes;
}
