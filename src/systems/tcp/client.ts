/** Connects, says what is to be said, and reads until the expected text comes. */
import type { Socket } from 'node:net';
import { type Destination, type DialContext, dial, Interrupted } from '../../machine/network/dial.ts';
import type { TcpConfig } from './config.ts';

export interface TcpClient {
  readonly config: TcpConfig;
  readonly to: Destination;
}

export interface Conversation {
  readonly dnsSeconds: number | undefined;
  readonly connectSeconds: number;
  /** From the connect to the expected text; undefined where nothing was expected. */
  readonly answerSeconds: number | undefined;
  /** True where nothing was expected. */
  readonly isAsExpected: boolean;
}

export function createClient(config: TcpConfig): TcpClient {
  const family = config.family === 'any' ? undefined : config.family;
  return { config, to: { host: config.host, port: config.port, family } };
}

/** Rejects with Interrupted or the error of the network. */
export async function converse(client: TcpClient, ctx: DialContext): Promise<Conversation> {
  const { socket, dnsSeconds, connectSeconds } = await dial(client.to, ctx);
  const { expect, send } = client.config;
  if (expect === undefined && send === undefined) {
    socket.destroy();
    return { dnsSeconds, connectSeconds, answerSeconds: undefined, isAsExpected: true };
  }
  const began = ctx.clock.monotonic();
  try {
    const isAsExpected = await exchange(socket, client.config, ctx.signal);
    const answerSeconds = expect === undefined ? undefined : (ctx.clock.monotonic() - began) / 1_000;
    return { dnsSeconds, connectSeconds, answerSeconds, isAsExpected };
  } finally {
    socket.destroy();
  }
}

function exchange(socket: Socket, config: TcpConfig, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const wanted = config.expect === undefined ? undefined : Buffer.from(config.expect.contains);
    let received = Buffer.alloc(0);
    const interrupt = () => reject(new Interrupted(received.length > 0 ? 'transfer' : 'first byte'));
    if (signal.aborted) return interrupt();
    signal.addEventListener('abort', interrupt, { once: true });
    const settle = (isAsExpected: boolean) => {
      signal.removeEventListener('abort', interrupt);
      resolve(isAsExpected);
    };
    socket.on('error', (error) => {
      signal.removeEventListener('abort', interrupt);
      reject(error);
    });
    socket.on('close', () => settle(false));
    if (wanted !== undefined) {
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]).subarray(0, config.maxBytes);
        if (received.includes(wanted)) settle(true);
        else if (received.length >= config.maxBytes) settle(false);
      });
    }
    if (config.send !== undefined) {
      socket.write(config.send, () => {
        if (wanted === undefined) settle(true);
      });
    }
  });
}
