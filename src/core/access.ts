/** `access:` of upkeep.yaml: how people come in. */
import type { Role } from './role.ts';

/** An OpenID provider that people may sign in with. */
export interface ProviderSettings {
  /** Stands in addresses: `/oidc/company/callback`. */
  readonly name: string;
  /** On the button; the name where the file has none. */
  readonly label: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Null for a public client, which has PKCE alone. */
  readonly clientSecret: string | null;
  readonly scopes: readonly string[];
  /** Of the verified e-mail address; anybody the provider knows where empty. */
  readonly allowedDomains: readonly string[];
  readonly roles: {
    /** Claim with the names of groups; dots lead into objects. Null where everybody has the default. */
    readonly claim: string | null;
    readonly byValue: ReadonlyMap<string, Role>;
    /** For whom no value says more; null lets nobody in whom none names. */
    readonly fallback: Role | null;
  };
}

export interface AccessSettings {
  /** Who signs in with a password must have a second factor. */
  readonly requireTotp: boolean;
  readonly session: { readonly idleMs: number; readonly absoluteMs: number };
  readonly oidc: readonly ProviderSettings[];
}

const dayMs = 86_400_000;

export const defaultAccess: AccessSettings = {
  requireTotp: false,
  session: { idleMs: 3 * dayMs, absoluteMs: 14 * dayMs },
  oidc: [],
};
