/** TCP connections with the time each phase took. */
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import type { Clock } from '../../core/time.ts';
import { lookupName } from './lookup.ts';

export type Phase = 'name lookup' | 'connect' | 'TLS handshake' | 'first byte' | 'transfer';

/** The caller's signal aborted while this phase was under way. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly phase: Phase;
  constructor(phase: Phase) {
    super(`interrupted during ${phase}`);
    this.phase = phase;
  }
}

export interface Destination {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly family?: 4 | 6 | undefined;
}

export interface DialContext {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

export interface Dialled {
  readonly socket: Socket;
  /** Undefined where the host is an address and nothing was looked up. */
  readonly dnsSeconds: number | undefined;
  readonly connectSeconds: number;
}

/**
 * Tries every address of the name, IPv4 and IPv6. Rejects with Interrupted, with the system's error, or with an
 * AggregateError of them where several addresses failed.
 */
export function dial(to: Destination, ctx: DialContext): Promise<Dialled> {
  const { signal, clock } = ctx;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Interrupted('connect'));
    const isName = isIP(to.host) === 0;
    const began = clock.monotonic();
    let lookedUp = began;
    let phase: Phase = isName ? 'name lookup' : 'connect';
    const socket = connect({
      host: to.host,
      port: to.port,
      family: to.family ?? 0,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: attemptTimeout(ctx.timeoutMs),
      lookup: lookupFor(to.family, () => {
        lookedUp = clock.monotonic();
        phase = 'connect';
      }),
    });
    const interrupt = () => {
      socket.destroy();
      reject(new Interrupted(phase));
    };
    signal.addEventListener('abort', interrupt, { once: true });
    socket.once('error', (error) => {
      signal.removeEventListener('abort', interrupt);
      reject(error);
    });
    socket.once('connect', () => {
      signal.removeEventListener('abort', interrupt);
      socket.removeAllListeners('error');
      // Between here and the next reader a reset must not become an uncaught error.
      socket.on('error', () => {});
      resolve({
        socket,
        dnsSeconds: isName ? (lookedUp - began) / 1_000 : undefined,
        connectSeconds: (clock.monotonic() - lookedUp) / 1_000,
      });
    });
  });
}

/**
 * Node gives up on an address after 250 ms and never comes back to it: too soon for a far or a busy server, where
 * it would report an outage that no user sees.
 */
function attemptTimeout(timeoutMs: number): number {
  return Math.max(250, Math.min(1_000, Math.floor(timeoutMs / 2)));
}

function lookupFor(family: 4 | 6 | undefined, done: () => void): LookupFunction {
  return (name, options, callback) => {
    lookupName(name).then(
      (found) => {
        done();
        const addresses = found.filter((entry) => family === undefined || entry.family === family);
        const first = addresses[0];
        if (first === undefined) {
          callback(Object.assign(new Error(`${name} has no IPv${family} address`), { code: 'ENODATA' }), []);
        } else if (options.all) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };
}

/** `127.0.0.1:3000`, `[::1]:3000` */
export function hostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
