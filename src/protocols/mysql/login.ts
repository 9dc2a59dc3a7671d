/** What a connection URL says: where the server is and how to log in. */
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'mysql2';
import type { Destination } from '../../machine/network/dial.ts';
import type { Place } from './session.ts';

/** In the attributes of our sessions as program_name. */
export const programName = 'upkeep';

export function placeOf(url: URL, defaultPort: number): Place {
  const socketPath = url.searchParams.get('socketPath') ?? url.searchParams.get('socket');
  const host = url.hostname === '' ? 'localhost' : decodeURIComponent(url.hostname);
  return {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? defaultPort : Number(url.port),
    ...(socketPath === null ? {} : { socketPath }),
  };
}

/** `host:port/database`, without user and password. */
export function addressOf(url: URL, defaultPort: number): string {
  const { host, port, socketPath } = placeOf(url, defaultPort);
  const bare = host.includes(':') ? `[${host}]` : host;
  return socketPath ?? `${bare}:${port}${url.pathname === '/' ? '' : url.pathname}`;
}

/** Undefined where a socket file of this machine is asked. */
export function destinationOf(url: URL, defaultPort: number): Destination | undefined {
  const { host, port, socketPath } = placeOf(url, defaultPort);
  return socketPath === undefined ? { host, port } : undefined;
}

export function optionsOf(url: URL, { host }: Place): ConnectionOptions {
  const database = decodeURIComponent(url.pathname.slice(1));
  return {
    host,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ...(database === '' ? {} : { database }),
    ...tlsOf(url, host),
    connectAttributes: { program_name: programName },
    // Ours end with the check's signal.
    connectTimeout: 0,
    multipleStatements: false,
    // LOAD DATA LOCAL would let a hostile server ask for files of this machine.
    flags: ['-LOCAL_FILES'],
    dateStrings: true,
    decimalNumbers: true,
    supportBigNumbers: true,
  };
}

function tlsOf(url: URL, host: string): Pick<ConnectionOptions, 'ssl'> {
  const mode = (url.searchParams.get('ssl-mode') ?? url.searchParams.get('sslmode') ?? 'DISABLED')
    .toUpperCase()
    .replaceAll('-', '_');
  if (mode === 'DISABLED' || mode === 'DISABLE' || mode === 'PREFERRED' || mode === 'PREFER') return {};
  const ca = url.searchParams.get('ssl-ca');
  return {
    ssl: {
      rejectUnauthorized: mode.startsWith('VERIFY'),
      verifyIdentity: mode === 'VERIFY_IDENTITY' || mode === 'VERIFY_FULL',
      ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
      ...(ca === null ? {} : { ca: readFileSync(ca, 'utf8') }),
    },
  };
}

/** `mysql://user:password@host:port/database`, or with another of these schemes. */
export function isConnectionUrl(text: string, schemes: readonly string[]): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  try {
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return schemes.some((scheme) => protocol === `${scheme}:`);
}
