/** `canary:` a list of addresses that answer as long as the network out there does. */
import type { Configuration } from '../core/configuration.ts';
import { type Field, list, report, shown, text } from './field.ts';

export function readCanaries(field: Field | undefined): Pick<Configuration, 'canaries'> {
  if (!field) return {};
  const canaries = list(field).flatMap((item) => readCanary(item) ?? []);
  return canaries.length === 0 ? {} : { canaries };
}

const ports: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

function readCanary(field: Field): { host: string; port: number } | undefined {
  const value = text(field);
  if (value === undefined) return undefined;
  const isUrl = /^[a-z]+:\/\//i.test(value);
  const url = URL.canParse(isUrl ? value : `tcp://${value}`)
    ? new URL(isUrl ? value : `tcp://${value}`)
    : null;
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
  const port = Number(url?.port || ports[url?.protocol ?? ''] || Number.NaN);
  if (host === '' || !Number.isInteger(port)) {
    return report(
      field,
      `${shown(field)} is no address with a port`,
      'use 192.0.2.1:443 or https://example.org',
    );
  }
  return { host, port };
}
