/** What a provider's claims mean here: whose account, and with which role. */
import type { ProviderSettings } from '../../core/access.ts';
import { highest, type Role } from '../../core/role.ts';
import { accountName } from '../credentials.ts';

/** Of an ID token and userinfo; `iss` and `sub` have been checked. */
export interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly [claim: string]: unknown;
}

export type Judgement =
  | {
      readonly kind: 'let-in';
      readonly name: string;
      readonly role: Role;
      readonly issuer: string;
      readonly subject: string;
    }
  | { readonly kind: 'refused'; readonly reason: string };

export function judge(claims: Claims, settings: ProviderSettings): Judgement {
  const { allowedDomains } = settings;
  if (allowedDomains.length > 0) {
    const domain = verifiedDomain(claims);
    if (domain === undefined || !allowedDomains.includes(domain))
      return { kind: 'refused', reason: 'no verified address in an allowed domain' };
  }
  const role = roleOf(claims, settings.roles);
  if (role === null) return { kind: 'refused', reason: 'no role for any of their groups' };
  const name = nameOf(claims);
  if (name === undefined) return { kind: 'refused', reason: 'no usable name among the claims' };
  return { kind: 'let-in', name, role, issuer: claims.iss, subject: claims.sub };
}

/** Whoever may type any address into their profile owns none of them. */
function verifiedDomain({ email, email_verified: isVerified }: Claims): string | undefined {
  return typeof email === 'string' && isVerified === true ? email.toLowerCase().split('@').at(-1) : undefined;
}

function roleOf(claims: Claims, { claim, byValue, fallback }: ProviderSettings['roles']): Role | null {
  const value = claim === null ? undefined : valueAt(claims, claim);
  const values = Array.isArray(value) ? value : [value];
  const found = values.flatMap((one) => (typeof one === 'string' ? (byValue.get(one) ?? []) : []));
  return highest(found) ?? fallback;
}

/** A claim whose name has dots, as `https://example.org/roles`, before a path into objects, as `realm_access.roles`. */
function valueAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  return path
    .split('.')
    .reduce<unknown>((at, key) => (isRecord(at) && Object.hasOwn(at, key) ? at[key] : undefined), claims);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function nameOf(claims: Claims): string | undefined {
  for (const claim of ['preferred_username', 'email', 'name', 'sub']) {
    const parsed = accountName.safeParse(claims[claim]);
    if (parsed.success) return parsed.data;
  }
  return undefined;
}
