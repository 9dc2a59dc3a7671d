/** What an error of a connection says by its code, whichever driver threw it. */
import type { Failure } from '../../core/sample.ts';

/** Codes of the system that say something of the server; a socket file that is not there listens to nobody. */
export const failureByCode: Readonly<Record<string, Failure>> = {
  ECONNREFUSED: 'refused',
  ENOENT: 'refused',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  ECONNRESET: 'unreachable',
  EPIPE: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ETIMEDOUT: 'timeout',
};

/** `ECONNREFUSED`, a SQLSTATE, a code of the driver. Of several addresses that were tried, that of the first. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The time of the job was up, or somebody ended it; the server has said nothing. */
export function isAborted(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}
