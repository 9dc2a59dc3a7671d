/** `offsite:` below a backup: the bucket that gets a sealed copy, and with which credentials. */
import type { AccessPair } from '../core/backup/bucket.ts';
import { type OffsiteSettings, type ProveWhen, usualOffsite } from '../core/backup/settings.ts';
import { type Field, report, reportKey, type Section, section, shown, text } from './field.ts';
import { duration, oneOf } from './values.ts';

const keys = [
  ...['bucket', 'endpoint', 'region', 'prefix', 'accessKey', 'secretKey', 'deleter'],
  ...['passphrase', 'lock', 'every'],
];
const times = ['each', 'daily', 'weekly', 'monthly'] as const satisfies readonly ProveWhen[];
const dayMs = 86_400_000;
/** Whoever has the bucket can try passphrases for as long as they like. */
const shortestPassphrase = 16;

/** Undefined after a problem. */
export function readOffsite(field: Field): OffsiteSettings | undefined {
  const part = section(field, keys);
  if (!part) return undefined;
  const bucket = required(part, 'bucket', 'bucket: acme-backups');
  const passphrase = required(part, 'passphrase', `passphrase: "\${OFFSITE_PASSPHRASE}"`);
  const writer = readPair(part);
  const deleterField = part.get('deleter');
  const deleter = deleterField && readDeleter(deleterField, writer);
  const [endpointField, regionField, prefixField] = [
    part.get('endpoint'),
    part.get('region'),
    part.get('prefix'),
  ];
  const endpoint = endpointField && readEndpoint(endpointField);
  const region = regionField && text(regionField);
  const prefix = prefixField && text(prefixField);
  const [lockField, everyField] = [part.get('lock'), part.get('every')];
  const lockMs = lockField && duration(lockField, { min: dayMs, usual: 'd' });
  const every = everyField && oneOf(everyField, times);
  const passphraseField = part.get('passphrase');
  if (passphraseField && passphrase !== undefined && passphrase.length < shortestPassphrase)
    return report(
      passphraseField,
      `has ${passphrase.length} characters; ${shortestPassphrase} are the least`,
      'openssl rand -base64 24',
    );
  if (bucket === undefined || passphrase === undefined || writer === undefined) return undefined;
  return {
    ...{ bucket, endpoint: endpoint ?? null, region: region ?? usualOffsite.region },
    ...{ prefix: (prefix ?? usualOffsite.prefix).replace(/^\/+|\/+$/g, ''), passphrase, writer },
    ...{ deleter: deleter ?? null, lockMs: lockMs ?? null, every: every ?? usualOffsite.every },
  };
}

function required(part: Section, key: string, hint: string): string | undefined {
  const field = part.get(key);
  return field ? text(field) : reportKey(part.field, `has no ${key}`, hint);
}

function readPair(part: Section): AccessPair | undefined {
  const accessKey = required(part, 'accessKey', `accessKey: "\${OFFSITE_ACCESS_KEY}"`);
  const secretKey = required(part, 'secretKey', `secretKey: "\${OFFSITE_SECRET_KEY}"`);
  return accessKey === undefined || secretKey === undefined ? undefined : { accessKey, secretKey };
}

function readDeleter(field: Field, writer: AccessPair | undefined): AccessPair | undefined {
  const part = section(field, ['accessKey', 'secretKey']);
  const deleter = part && readPair(part);
  if (deleter && deleter.accessKey === writer?.accessKey)
    return report(
      field,
      'has the accessKey of the writer',
      'make a second pair that may delete, and take that right from the first',
    );
  return deleter;
}

function readEndpoint(field: Field): string | undefined {
  const value = text(field);
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.username || url?.password)
    return report(field, 'holds credentials', 'put them into accessKey: and secretKey:');
  if ((url?.protocol === 'https:' || url?.protocol === 'http:') && url.pathname === '/')
    return value.replace(/\/$/, '');
  return report(
    field,
    `${shown(field)} is no address of a server`,
    'as in https://s3.eu-central-1.example.com',
  );
}
