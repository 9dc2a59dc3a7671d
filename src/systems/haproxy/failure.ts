import type { Failure } from '../../core/sample.ts';
import { formatDuration } from '../../core/time.ts';
import { codeOf, isAborted } from '../../machine/network/error-code.ts';
import { tcpOf } from '../../protocols/haproxy/runtime.ts';

export interface SocketFailure {
  readonly why: Failure;
  readonly detail: string;
}

/** What an error of the runtime API says; `timeoutMs` is what the aborted question had. */
export function failureOf(error: unknown, socket: string, timeoutMs: number): SocketFailure {
  if (isAborted(error)) return { why: 'timeout', detail: `no answer within ${formatDuration(timeoutMs)}` };
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const message = first instanceof Error ? first.message : String(first);
  const code = codeOf(first);
  switch (code) {
    case 'ENOENT':
      return { why: 'refused', detail: `there is no socket ${socket}` };
    case 'ECONNREFUSED':
      return {
        why: 'refused',
        detail: tcpOf(socket) ? message : `nobody listens on ${socket} (ECONNREFUSED)`,
      };
    case 'EACCES':
    case 'EPERM':
      // Our gap, not its outage.
      return {
        why: 'broken-probe',
        detail: `${socket} may not be opened (${code}): run Upkeep in the group of the socket (usermod -aG haproxy upkeep)`,
      };
    case 'ETIMEDOUT':
      return { why: 'timeout', detail: message };
    default:
      return {
        why: code === undefined && !/closed without/.test(message) ? 'broken-probe' : 'unreachable',
        detail: message,
      };
  }
}
