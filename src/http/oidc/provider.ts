/** One OpenID provider: where it is, the way to it and back. Protocol and checks are openid-client's. */
import type * as oidc from 'openid-client';
import type { ProviderSettings } from '../../core/access.ts';
import type { Clock } from '../../core/time.ts';
import type { Claims } from './claims.ts';

/** Keys and addresses of a provider change seldom; it is asked anew at least this often. */
const knownForMs = 3_600_000;
const timeoutS = 10;

/** What the browser carries to the provider and back, sealed. */
export interface Journey {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE (RFC 7636). */
  readonly verifier: string;
}

export type Discover = (settings: ProviderSettings) => Promise<oidc.Configuration>;

/** Finds providers by their issuer (OpenID Connect Discovery 1.0); what failed is tried again at once. */
export function createDiscovery(clock: Clock): Discover {
  const known = new Map<string, { at: number; found: Promise<oidc.Configuration> }>();
  return (settings) => {
    const key = JSON.stringify([settings.issuer, settings.clientId, settings.clientSecret]);
    const before = known.get(key);
    if (before && clock.now() - before.at < knownForMs) return before.found;
    const found = discover(settings);
    known.set(key, { at: clock.now(), found });
    found.catch(() => known.delete(key));
    return found;
  };
}

/** Loaded with the first sign-in by a provider: most installations have none. */
const load = () => import('openid-client');

async function discover({ issuer, clientId, clientSecret }: ProviderSettings): Promise<oidc.Configuration> {
  const client = await load();
  const authentication = clientSecret === null ? client.None() : client.ClientSecretPost(clientSecret);
  // Plain http only passes the configuration for an issuer on this machine.
  const execute = issuer.startsWith('http:') ? [client.allowInsecureRequests] : [];
  return client.discovery(new URL(issuer), clientId, undefined, authentication, {
    execute,
    timeout: timeoutS,
  });
}

export async function addressOfSignIn(
  provider: oidc.Configuration,
  { state, nonce, verifier }: Journey,
  { scopes, redirectUri }: { readonly scopes: readonly string[]; readonly redirectUri: string },
): Promise<string> {
  const client = await load();
  return client.buildAuthorizationUrl(provider, {
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: scopes.join(' '),
    state,
    nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }).href;
}

/**
 * Exchanges the code and checks state, nonce, PKCE, issuer, audience, signature and expiry of the ID token.
 * @param returned the whole address that the browser came back to
 * @throws for what does not hold, and where the provider does not answer
 */
export async function claimsOf(
  provider: oidc.Configuration,
  returned: URL,
  journey: Journey,
): Promise<Claims> {
  const client = await load();
  const tokens = await client.authorizationCodeGrant(provider, returned, {
    expectedState: journey.state,
    expectedNonce: journey.nonce,
    pkceCodeVerifier: journey.verifier,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  if (!claims) throw new Error('the provider sent no ID token');
  const hasMore = provider.serverMetadata().userinfo_endpoint !== undefined;
  const more = hasMore ? await client.fetchUserInfo(provider, tokens.access_token, claims.sub) : {};
  // What is signed counts before what is only fetched.
  return { ...more, ...claims };
}
