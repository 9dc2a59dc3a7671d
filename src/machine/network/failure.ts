/** What an error of the network means for the target, in one line for people. */
import { networkWords } from '../../core/network-words.ts';
import type { Failure } from '../../core/sample.ts';
import { formatDuration } from '../../core/time.ts';
import { type Destination, hostAndPort, Interrupted } from './dial.ts';

export interface NetworkFailure {
  readonly why: Failure;
  readonly detail: string;
}

interface SystemError extends Error {
  readonly code?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

/** Errors that say something of this machine and nothing of the target. */
const ownTrouble = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL', 'EACCES', 'EPERM']);

/** Never throws; details hold neither credentials nor what the target sent. */
export function networkFailure(error: unknown, to: Destination, elapsedMs: number): NetworkFailure {
  if (error instanceof Interrupted) {
    return { why: 'timeout', detail: interruptedDetail(error, to, elapsedMs) };
  }
  if (error instanceof AggregateError && error.errors.length > 0) {
    const failures = error.errors.map((each: unknown) => networkFailure(each, to, elapsedMs));
    const gravest = failures.toSorted((a, b) => rank(a) - rank(b))[0];
    const details = [
      ...new Set(failures.filter((each) => each.why === gravest?.why).map((each) => each.detail)),
    ];
    return { why: gravest?.why ?? 'unreachable', detail: details.join('; ') };
  }
  return single(error as SystemError, to);
}

/** An address that refused says more than one without a route: IPv6 is often missing. */
function rank(failure: NetworkFailure): number {
  return ['refused', 'timeout', 'denied', 'unreachable', 'broken-probe'].indexOf(failure.why);
}

function interruptedDetail({ phase }: Interrupted, to: Destination, elapsedMs: number): string {
  const after = `timeout after ${formatDuration(elapsedMs)}`;
  const where = hostAndPort(to.host, to.port);
  switch (phase) {
    case 'name lookup':
      return `${after}: the resolver gave no answer for ${to.host}`;
    case 'connect':
      return `${after}: no answer to connect to ${where}`;
    case 'TLS handshake':
      return `${after}: connected to ${where}, the TLS handshake did not end`;
    case 'first byte':
      return `${after}: connected to ${where}, no first byte of an answer`;
    case 'transfer':
      return `${after}: ${where} began to answer and did not finish`;
  }
}

function single(error: SystemError, to: Destination): NetworkFailure {
  const code = error.code ?? error.name;
  const where = hostAndPort(error.address ?? to.host, error.port ?? to.port);
  if (code === 'ECONNREFUSED') return { why: 'refused', detail: `connect ECONNREFUSED ${where}` };
  if (code === 'ETIMEDOUT') return { why: 'timeout', detail: `connect ETIMEDOUT ${where}` };
  if (ownTrouble.has(code))
    return { why: 'broken-probe', detail: `cannot connect to ${where}: ${networkWords(code)}` };
  if (isTlsError(code))
    return { why: 'refused', detail: `TLS handshake failed with ${where}: ${tlsReason(error)}` };
  const subject = code.startsWith('EAI') || code === 'ENOTFOUND' || code === 'ENODATA' ? to.host : where;
  return { why: 'unreachable', detail: `${subject}: ${networkWords(error.code)}` };
}

function isTlsError(code: string): boolean {
  return code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_');
}

function tlsReason(error: SystemError): string {
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : undefined;
  return reason ?? networkWords(error.code);
}
