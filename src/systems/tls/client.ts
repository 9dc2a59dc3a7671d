/** Looks at what a TLS port serves: handshake, chain, name. Sends nothing after it. */
import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP, type Socket } from 'node:net';
import { resolve as resolvePath } from 'node:path';
import type { SecureContext } from 'node:tls';
import { type Destination, type DialContext, dial, Interrupted } from '../../machine/network/dial.ts';
import { chainOf, handshake, inspectionContext } from '../../machine/network/handshake.ts';
import { portOf, type TlsConfig } from './config.ts';

export interface TlsClient {
  readonly config: TlsConfig;
  readonly to: Destination;
  readonly serverName: string;
  /** Absolute; undefined where none is configured. */
  readonly file: string | undefined;
  /** Both absolute; undefined where one of them is not configured. */
  readonly place: { readonly file: string; readonly key: string } | undefined;
  /** Folder of pairs that were good; absolute. */
  readonly keep: string;
  /** Folder of upkeep.yaml. */
  readonly folder: string;
  /** Fingerprint of the served certificate that is kept already. */
  keptFingerprint: string | undefined;
  /** Why the good pair could not be kept; undefined when it was. */
  keepTrouble: string | undefined;
  /** Throws FileUnreadable. */
  readonly trust: () => SecureContext;
}

export interface Inspection {
  readonly chain: readonly X509Certificate[];
  /** `TLSv1.3` */
  readonly protocol: string;
  readonly cipher: string;
  /** OpenSSL's code of what is wrong with the chain or the name; undefined when all is well. */
  readonly distrust: string | undefined;
  readonly dnsSeconds: number | undefined;
  readonly connectSeconds: number;
  readonly handshakeSeconds: number;
}

/** A file of the configuration could not be read: says nothing of the target. */
export class FileUnreadable extends Error {
  override readonly name = 'FileUnreadable';
}

/** The server answered that it has no TLS. */
export class NoTls extends Error {
  override readonly name = 'NoTls';
}

export function createClient(config: TlsConfig, folder: string, target = 'unnamed'): TlsClient {
  let context: SecureContext | undefined;
  const family = config.family === 'any' ? undefined : config.family;
  const file = config.file === undefined ? undefined : resolvePath(folder, config.file);
  return {
    config,
    folder,
    place:
      file === undefined || config.key === undefined
        ? undefined
        : { file, key: resolvePath(folder, config.key) },
    keep: resolvePath(folder, config.keep ?? `data/tls/${target.replace(/[^\w.-]/g, '_')}`),
    keptFingerprint: undefined,
    keepTrouble: undefined,
    to: { host: config.host, port: portOf(config), family },
    serverName: config.serverName ?? config.host,
    file,
    trust() {
      const { ca } = config;
      context ??= inspectionContext(
        ca === undefined ? undefined : readConfigured('ca', resolvePath(folder, ca)),
      );
      return context;
    },
  };
}

export function readConfigured(key: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new FileUnreadable(`${key}: cannot read ${file} (${code}); name a PEM file that Upkeep may read`);
  }
}

/** Rejects with FileUnreadable, NoTls, Interrupted or the error of the network. */
export async function inspect(client: TlsClient, ctx: DialContext): Promise<Inspection> {
  const context = client.trust();
  const { socket: plain, dnsSeconds, connectSeconds } = await dial(client.to, ctx);
  if (client.config.protocol === 'postgres') await requestTls(plain, ctx.signal);
  const { serverName } = client;
  const secured = await handshake(plain, { serverName, context, signal: ctx.signal, clock: ctx.clock });
  const inspection = {
    chain: chainOf(secured.socket),
    protocol: secured.socket.getProtocol() ?? 'unknown',
    cipher: secured.socket.getCipher().name,
    distrust: secured.distrust,
    dnsSeconds,
    connectSeconds,
    handshakeSeconds: secured.seconds,
  };
  secured.socket.destroy();
  return inspection;
}

/** PostgreSQL's SSLRequest (protocol documentation, 54.7): length 8, code 80877103; the answer is one byte. */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

function requestTls(socket: Socket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      signal.removeEventListener('abort', interrupt);
      socket.off('data', read).off('close', hangUp);
      finish();
    };
    const fail = (error: Error) =>
      settle(() => {
        socket.destroy();
        reject(error);
      });
    const interrupt = () => fail(new Interrupted('TLS handshake'));
    const hangUp = () => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
    const read = (chunk: Buffer) => {
      const answer = String.fromCharCode(chunk[0] ?? 0);
      // More than one byte would be spoken before the encryption begins: somebody in between.
      if (answer === 'S' && chunk.length === 1) settle(resolve);
      else if (answer === 'N') fail(new NoTls('PostgreSQL has no TLS here: set ssl = on and a certificate'));
      else fail(new NoTls('the server does not answer an SSLRequest as PostgreSQL does'));
    };
    signal.addEventListener('abort', interrupt, { once: true });
    socket.on('data', read).on('close', hangUp);
    socket.write(sslRequest);
  });
}

/** Whether a certificate is for a name or an address (RFC 6125). */
export function isFor(leaf: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? leaf.checkHost(name) : leaf.checkIP(name)) !== undefined;
}
