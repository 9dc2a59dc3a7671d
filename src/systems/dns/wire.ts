/** One question to one name server, as it goes over the wire (RFC 1035, 6891): UDP, and TCP for what is too long. */
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { promises as dns } from 'node:dns';
import { connect, isIPv6 } from 'node:net';
import type { Answer, RecordType } from 'dns-packet';
import type { Clock } from '../../core/time.ts';
import type { DnsConfig } from './config.ts';

export interface WireQuestion {
  /** `192.0.2.1`, `127.0.0.1:5353`, `[::1]:53` */
  readonly server: string;
  readonly name: string;
  readonly type: RecordType;
  /** Ask for signatures too. */
  readonly signatures?: true;
  /** Let the server find out for us; name servers of a zone are asked without. */
  readonly recurse?: true;
}

export interface WireContext {
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

export interface WireAnswer {
  /** `NOERROR`, `NXDOMAIN`, `SERVFAIL`, `REFUSED` … */
  readonly code: string;
  /** The server holds the zone itself. */
  readonly isAuthoritative: boolean;
  readonly answers: readonly Answer[];
  readonly seconds: number;
}

/** Why there was no answer, in words. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

const codes: Readonly<Record<number, string>> = {
  0: 'NOERROR',
  1: 'FORMERR',
  2: 'SERVFAIL',
  3: 'NXDOMAIN',
  4: 'NOTIMP',
  5: 'REFUSED',
  9: 'NOTAUTH',
};
/** What passes everywhere in one piece (DNS flag day 2020). */
const payloadBytes = 1_232;
const tryMs = 1_000;
const tries = 2;

/** Rejects with NoAnswer. */
export async function askServer(question: WireQuestion, ctx: WireContext): Promise<WireAnswer> {
  // Loaded when first asked for: a target without a zone needs none of it.
  const { decode, encode } = (await import('dns-packet')).default;
  const id = idOf(question, ctx);
  const packet = encode({
    type: 'query',
    id,
    flags: question.recurse ? 0x0100 : 0,
    questions: [{ type: question.type, name: question.name }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: payloadBytes,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: question.signatures ? 0x8000 : 0,
        flag_do: question.signatures === true,
        options: [],
      },
    ],
  });
  const accepts = (bytes: Buffer) => {
    try {
      const answer = decode(bytes);
      const [asked] = answer.questions ?? [];
      const isOurs = answer.id === id && asked?.type === question.type && isSame(asked.name, question.name);
      return isOurs && answer.flag_qr !== false ? answer : undefined;
    } catch {
      return undefined;
    }
  };
  const began = ctx.clock.monotonic();
  const { host, port } = placeOf(question.server);
  let answer = await overUdp(packet, host, port, accepts, ctx);
  if (answer.flag_tc) answer = await overTcp(packet, host, port, accepts, ctx);
  return {
    code: codes[(answer.flags ?? 0) & 15] ?? `code ${(answer.flags ?? 0) & 15}`,
    isAuthoritative: answer.flag_aa,
    answers: answer.answers ?? [],
    seconds: (ctx.clock.monotonic() - began) / 1_000,
  };
}

/** With the port, which the kernel chooses, and the connected socket: enough for a stranger not to guess an answer. */
function idOf({ server, name, type }: WireQuestion, { clock }: WireContext): number {
  return createHash('sha256')
    .update(`${clock.monotonic()} ${server} ${name} ${type}`)
    .digest()
    .readUInt16BE(0);
}

type Accepts<T> = (bytes: Buffer) => T | undefined;

function overUdp<T>(
  packet: Buffer,
  host: string,
  port: number,
  accepts: Accepts<T>,
  ctx: WireContext,
): Promise<T> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const stop = () => reject(new NoAnswer('interrupted'));
  let cancel = () => {};
  const send = (left: number) => {
    socket.send(packet);
    cancel = ctx.clock.after(tryMs, () =>
      left > 1 ? send(left - 1) : reject(new NoAnswer(`no answer within ${(tries * tryMs) / 1_000} s`)),
    );
  };
  socket.on('error', (error) => reject(new NoAnswer(inWords(error))));
  socket.on('message', (bytes) => {
    const answer = accepts(bytes);
    if (answer !== undefined) resolve(answer);
  });
  ctx.signal.addEventListener('abort', stop, { once: true });
  if (ctx.signal.aborted) stop();
  else socket.connect(port, host, () => send(tries));
  return promise.finally(() => {
    cancel();
    ctx.signal.removeEventListener('abort', stop);
    socket.close();
  });
}

function overTcp<T>(
  packet: Buffer,
  host: string,
  port: number,
  accepts: Accepts<T>,
  ctx: WireContext,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const socket = connect(port, host);
  const stop = () => reject(new NoAnswer('interrupted'));
  const cancel = ctx.clock.after(tries * tryMs, () => reject(new NoAnswer('no answer over TCP in time')));
  let received = Buffer.alloc(0);
  socket.on('connect', () => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(packet.length);
    socket.write(Buffer.concat([length, packet]));
  });
  socket.on('data', (bytes) => {
    received = Buffer.concat([received, bytes]);
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
    const answer = accepts(received.subarray(2, 2 + received.readUInt16BE(0)));
    if (answer === undefined) reject(new NoAnswer('an answer that cannot be read'));
    else resolve(answer);
  });
  socket.on('error', (error) => reject(new NoAnswer(`over TCP: ${inWords(error)}`)));
  socket.on('end', () => reject(new NoAnswer('it closed the connection (TCP)')));
  ctx.signal.addEventListener('abort', stop, { once: true });
  if (ctx.signal.aborted) stop();
  return promise.finally(() => {
    cancel();
    ctx.signal.removeEventListener('abort', stop);
    socket.destroy();
  });
}

function inWords(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED') return 'nobody listens there (ECONNREFUSED)';
  return code === '' ? error.message : code;
}

function placeOf(server: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([\d.]+)):(\d+)$/.exec(server) ?? [];
  return { host: bracketed ?? plain ?? server, port: Number(port ?? 53) };
}

export function isSame(one: string, other: string): boolean {
  return bare(one) === bare(other);
}

/** In lower case, without the final dot. */
export function bare(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** Asks the configured resolver, or the first of this machine, to find out; the next one where it is silent. */
export async function askResolver(
  config: DnsConfig,
  question: Omit<WireQuestion, 'server' | 'recurse'>,
  ctx: WireContext,
): Promise<WireAnswer> {
  const servers = config.resolver === undefined ? dns.getServers() : [config.resolver].flat();
  let failure: unknown = new NoAnswer('this machine has no resolver');
  for (const server of servers.slice(0, 2))
    try {
      return await askServer({ ...question, server, recurse: true }, ctx);
    } catch (error) {
      failure = new NoAnswer(`${server}: ${error instanceof Error ? error.message : error}`);
    }
  throw failure;
}
