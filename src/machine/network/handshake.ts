/** The TLS handshake over a connection that stands already. */
import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { Clock } from '../../core/time.ts';
import { Interrupted } from './dial.ts';

export interface HandshakeOptions {
  /** Sent as SNI where it is a name, and compared with the certificate. */
  readonly serverName: string;
  readonly context: SecureContext;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

export interface Secured {
  readonly socket: TLSSocket;
  readonly seconds: number;
  /** OpenSSL's or Node's code of the first thing wrong with the certificate; undefined when trusted. */
  readonly distrust: string | undefined;
}

/** Rejects when no handshake comes about. A certificate that is not to be trusted is no rejection: see `distrust`. */
export function handshake(plain: Socket, options: HandshakeOptions): Promise<Secured> {
  const { signal, clock } = options;
  return new Promise((resolve, reject) => {
    const began = clock.monotonic();
    const isAddress = /^[\d.]+$|:/.test(options.serverName);
    const socket = connect({
      socket: plain,
      secureContext: options.context,
      // The caller judges the certificate before it sends a byte.
      rejectUnauthorized: false,
      ...(isAddress ? {} : { servername: options.serverName }),
      checkServerIdentity: (_, certificate) => checkServerIdentity(options.serverName, certificate),
    });
    const settle = () => {
      signal.removeEventListener('abort', interrupt);
      plain.off('close', hangUp);
    };
    const interrupt = () => {
      settle();
      socket.destroy();
      plain.destroy();
      reject(new Interrupted('TLS handshake'));
    };
    const hangUp = () => socket.destroy(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
    if (signal.aborted) return interrupt();
    signal.addEventListener('abort', interrupt, { once: true });
    plain.once('close', hangUp);
    socket.on('error', (error) => {
      settle();
      plain.destroy();
      reject(error);
    });
    socket.once('secureConnect', () => {
      settle();
      // With rejectUnauthorized off Node leaves the code as a text here, whatever its type says.
      const code: unknown = socket.authorizationError;
      resolve({
        socket,
        seconds: (clock.monotonic() - began) / 1_000,
        distrust: socket.authorized ? undefined : String(code instanceof Error ? code.message : code),
      });
    });
  });
}

let publicTrust: SecureContext | undefined;

/**
 * For clients that talk: trusts the public authorities, or only those in `ca` (PEM).
 * Building a context reads all roots, so the public one is shared by every target.
 */
export function trustContext(ca?: string): SecureContext {
  if (ca !== undefined) return createSecureContext({ ca });
  publicTrust ??= createSecureContext();
  return publicTrust;
}

/** For looking only: also takes protocols, keys and signatures that are too weak to talk over, so they can be named. */
export function inspectionContext(ca?: string): SecureContext {
  return createSecureContext({
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT@SECLEVEL=0',
    ...(ca === undefined ? {} : { ca }),
  });
}

/** The certificates that the server sent or that were found for it, leaf first, each once. */
export function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next = socket.getPeerX509Certificate();
  while (next && chain.length < 10 && !chain.some((known) => known.fingerprint256 === next?.fingerprint256)) {
    chain.push(next);
    next = next.issuerCertificate;
  }
  return chain;
}
