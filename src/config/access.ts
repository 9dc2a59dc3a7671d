/** `access:` */
import { type AccessSettings, defaultAccess, type ProviderSettings } from '../core/access.ts';
import { type Role, roles } from '../core/role.ts';
import { type Field, list, report, reportKey, type Section, section, shown, text } from './field.ts';
import { duration, flag, oneOf } from './values.ts';

/** A provider's word makes nobody owner: only owners do, by an invitation. */
const given = roles.filter((role): role is Exclude<Role, 'owner'> => role !== 'owner');
const shortestMs = 5 * 60_000;

export function readAccess(field: Field | undefined): AccessSettings {
  const part = field && section(field, ['requireTotp', 'session', 'oidc']);
  const [totpField, sessionField, oidcField] = [
    part?.get('requireTotp'),
    part?.get('session'),
    part?.get('oidc'),
  ];
  return {
    requireTotp: (totpField && flag(totpField)) ?? defaultAccess.requireTotp,
    session: sessionField ? readSession(sessionField) : defaultAccess.session,
    oidc: oidcField ? (section(oidcField)?.all ?? []).flatMap((one) => readProvider(one) ?? []) : [],
  };
}

function readSession(field: Field): AccessSettings['session'] {
  const part = section(field, ['idle', 'absolute']);
  const read = (key: string) => {
    const found = part?.get(key);
    return found && duration(found, { min: shortestMs, usual: 'h' });
  };
  const absoluteMs = read('absolute') ?? defaultAccess.session.absoluteMs;
  const idleMs = read('idle') ?? Math.min(defaultAccess.session.idleMs, absoluteMs);
  if (idleMs > absoluteMs)
    report(part?.get('idle') ?? field, 'is longer than a session lasts at all', 'raise absolute: as well');
  return { idleMs, absoluteMs };
}

function readProvider(field: Field): ProviderSettings | undefined {
  const known = ['label', 'issuer', 'clientId', 'clientSecret', 'scopes', 'allowedDomains', 'roles'];
  const part = section(field, known);
  if (!part) return undefined;
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(field.name))
    return reportKey(
      field,
      'is no name of a provider',
      'small letters, digits and dashes, as in company-sso',
    );
  const word = (key: string) => {
    const found = part.get(key);
    return found && text(found);
  };
  const words = (key: string) => {
    const found = part.get(key);
    return found && list(found).flatMap((item) => text(item) ?? []);
  };
  const issuer = readIssuer(part);
  const clientId = word('clientId');
  if (!part.get('clientId')) reportKey(field, 'needs clientId: as the provider shows it');
  if (issuer === undefined || clientId === undefined) return undefined;
  const scopes = words('scopes') ?? ['openid', 'profile', 'email'];
  return {
    name: field.name,
    label: word('label') ?? field.name,
    issuer,
    clientId,
    clientSecret: word('clientSecret') ?? null,
    scopes: scopes.includes('openid') ? scopes : ['openid', ...scopes],
    allowedDomains: (words('allowedDomains') ?? []).map((domain) => domain.toLowerCase().replace(/^@/, '')),
    roles: readRoles(field, part.get('roles')),
  };
}

/** Over plain http anybody on the way could say who somebody is; on this machine nobody is on the way. */
function readIssuer(part: Section): string | undefined {
  const field = part.get('issuer');
  if (!field) return reportKey(part.field, 'needs issuer: the https address of the provider');
  const value = text(field);
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isLocal = url !== undefined && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal)) return value;
  return report(field, `${shown(field)} is no https address`, 'as in https://accounts.google.com');
}

function readRoles(provider: Field, field: Field | undefined): ProviderSettings['roles'] {
  if (!field) {
    reportKey(provider, 'says nobody’s role', 'roles: { default: viewer } lets everybody in as viewer');
    return { claim: null, byValue: new Map(), fallback: null };
  }
  const part = section(field, ['claim', 'default', ...given]);
  const [claimField, fallbackField] = [part?.get('claim'), part?.get('default')];
  const byValue = new Map<string, Role>();
  // The most that anybody is given stays, so the list goes from the least.
  for (const role of given) {
    const values = part?.get(role);
    for (const item of values ? list(values) : []) {
      const value = text(item);
      if (value !== undefined) byValue.set(value, role);
    }
  }
  if (byValue.size > 0 && !claimField)
    report(field, 'names groups but not where they stand', 'add claim: groups');
  if (byValue.size === 0 && !fallbackField)
    report(field, 'lets nobody in', 'add default: viewer, or groups for a role');
  return {
    claim: (claimField && text(claimField)) ?? null,
    byValue,
    fallback: (fallbackField && oneOf(fallbackField, given)) ?? null,
  };
}
