/** Finds out what answers on a port, with as little noise in the server's log as can be. */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Surroundings } from '../core/system.ts';
import type { Clock } from '../core/time.ts';

export type Protocol = Awaited<ReturnType<Surroundings['sniff']>>;

/** For each question; a server of this machine answers in a few. */
const answerMs = 300;

/**
 * HTTP/1.0 needs no Host header: Redis answers `-ERR` to the unknown command HEAD, but takes a Host header for an
 * attack and logs it.
 */
const headRequest = Buffer.from('HEAD / HTTP/1.0\r\n\r\n');
/** SSLRequest of the PostgreSQL protocol: answered with one letter, before any login. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f]);

export interface SniffHint {
  readonly mayBePostgres: boolean;
  readonly mayBeMysql?: boolean;
}

export async function sniff(address: string, port: number, clock: Clock, hint: SniffHint): Promise<Protocol> {
  const ask = (question: Buffer) => askPlain(address, port, question, clock);
  if (hint.mayBePostgres) {
    const answer = await ask(sslRequest);
    if (answer === undefined) return 'closed';
    if (isPostgres(answer)) return 'postgres';
  }
  if (hint.mayBeMysql) {
    // It speaks first; what it does not understand it would count as a broken login.
    const greeting = await ask(Buffer.alloc(0));
    if (greeting === undefined) return 'closed';
    if (isMysql(greeting)) return 'mysql';
  }
  const answer = await ask(headRequest);
  if (answer === undefined) return 'closed';
  if (isMysql(answer)) return 'mysql';
  const text = answer.toString('latin1');
  // The dashboard of an Upkeep is no application to watch.
  if (/^HTTP\/\d/.test(text) && /\r\nserver: upkeep\r\n/i.test(text)) return 'unknown';
  // Some TLS servers answer plain HTTP with 400.
  if (/^HTTP\/\d/.test(text) && !/^HTTP\/\d(\.\d)? 400/.test(text)) return 'http';
  if (/^-(ERR|NOAUTH|DENIED|LOADING|MISCONF)/.test(text)) return 'redis';
  const secured = await askTls(address, port, clock);
  if (secured !== undefined) return secured;
  if (/^HTTP\/\d/.test(text)) return 'http';
  if (answer.length > 0 || hint.mayBePostgres) return 'unknown';
  return isPostgres((await ask(sslRequest)) ?? Buffer.alloc(0)) ? 'postgres' : 'unknown';
}

function isPostgres(answer: Buffer): boolean {
  return answer.length === 1 && /[SN]/.test(answer.toString('latin1'));
}

/** The first packet of the server: its number is 0, then protocol version 10 or an error (too many connections). */
function isMysql(answer: Buffer): boolean {
  return answer.length > 5 && answer[3] === 0 && (answer[4] === 0x0a || answer[4] === 0xff);
}

/** The first bytes of the answer, none when the server keeps silent or hangs up; undefined when nobody listens. */
function askPlain(
  address: string,
  port: number,
  question: Buffer,
  clock: Clock,
): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    let isConnected = false;
    const socket = connectPlain({ host: address, port });
    const end = limited(socket, clock, (answer: Buffer | undefined) =>
      resolve(answer ?? (isConnected ? Buffer.alloc(0) : undefined)),
    );
    socket.on('connect', () => {
      isConnected = true;
      socket.write(question);
    });
    socket.on('data', end);
  });
}

/** Undefined when it does not speak TLS. */
function askTls(address: string, port: number, clock: Clock): Promise<'https' | 'tls' | undefined> {
  return new Promise((resolve) => {
    let isSecured = false;
    // Nothing is trusted or sent here; only the language is looked at.
    const socket = connectTls({ host: address, port, rejectUnauthorized: false });
    const end = limited(socket, clock, (answer: Buffer | undefined) => {
      const isHttp = answer !== undefined && /^HTTP\/\d/.test(answer.toString('latin1'));
      resolve(isSecured ? (isHttp ? 'https' : 'tls') : undefined);
    });
    socket.on('secureConnect', () => {
      isSecured = true;
      socket.write(headRequest);
    });
    socket.on('data', end);
  });
}

/** Calls `done` once: with data, or without when the socket ends, fails or the time is over. */
function limited(
  socket: Socket,
  clock: Clock,
  done: (answer: Buffer | undefined) => void,
): (answer: Buffer | undefined) => void {
  let isDone = false;
  const end = (answer: Buffer | undefined) => {
    if (isDone) return;
    isDone = true;
    cancel();
    socket.destroy();
    done(answer);
  };
  const cancel = clock.after(answerMs, () => end(undefined));
  socket.on('error', () => end(undefined));
  socket.on('close', () => end(undefined));
  return end;
}
