/** Where a target is on a network, read from the address that is shown of it. Pure. */

const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i;

/** `db.example.test` of `postgres://u@db.example.test:5432/shop`; null for what is no address on a network. */
export function hostOf(address: string): string | null {
  const text = hasScheme.test(address) ? address : `any://${address}`;
  if (!URL.canParse(text)) return null;
  const { hostname } = new URL(text);
  return hostname === '' || /\s/.test(address) ? null : hostname.replace(/^\[|\]$/g, '').toLowerCase();
}

const usualPorts: Readonly<Record<string, number>> = {
  ...{ 'http:': 80, 'https:': 443, 'postgres:': 5432, 'postgresql:': 5432, 'redis:': 6379, 'rediss:': 6379 },
  ...{ 'mysql:': 3306, 'mariadb:': 3306, 'amqp:': 5672, 'amqps:': 5671 },
};

export interface Destination {
  readonly host: string;
  readonly port: number;
}

/** Where its connections go; null where the address names no TCP port. */
export function destinationOf(address: string): Destination | null {
  const host = hostOf(address);
  if (host === null) return null;
  const text = hasScheme.test(address) ? address : `any://${address}`;
  const { protocol, port: written } = new URL(text);
  const port = written === '' ? usualPorts[protocol] : Number(written);
  return port === undefined || protocol === 'udp:' || protocol === 'dns:' ? null : { host, port };
}
