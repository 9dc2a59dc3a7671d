/** A real OpenID provider (npm oidc-provider) that signs in whom the test says, without asking. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

export interface OpenIdServer {
  readonly issuer: string;
  /** Who signs in next, with these claims. */
  person: { sub: string; [claim: string]: unknown };
  stop(): Promise<void>;
}

/** @param redirectUris where the client `upkeep` with the secret `provider-secret` may come back */
export async function startOpenId(redirectUris: () => string[]): Promise<OpenIdServer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const state: OpenIdServer = {
    issuer,
    person: { sub: 'nobody' },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'upkeep',
        client_secret: 'provider-secret',
        redirect_uris: redirectUris(),
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    pkce: { required: () => true },
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['preferred_username', 'name', 'groups', 'realm_access'],
    },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => state.person }),
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['a test and nothing else'] },
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return void answer(request, response);
    void finish().catch((error: unknown) => response.writeHead(500).end(String(error)));
    async function finish() {
      const { params } = await provider.interactionDetails(request, response);
      const accountId = state.person.sub;
      const grant = new provider.Grant({ accountId, clientId: String(params.client_id) });
      grant.addOIDCScope(String(params.scope));
      await provider.interactionFinished(request, response, {
        login: { accountId },
        consent: { grantId: await grant.save() },
      });
    }
  });
  return state;
}
