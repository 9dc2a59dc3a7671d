import { spokenCall } from '../../core/network-words.ts';
import type { Failure } from '../../core/sample.ts';
import { formatDuration } from '../../core/time.ts';
import { codeOf, failureByCode, isAborted } from '../../machine/network/error-code.ts';

/** SQLSTATEs that say what the server thinks of us (PostgreSQL manual, appendix A). */
const bySqlState: Readonly<Record<string, Failure>> = {
  '28P01': 'denied',
  '28000': 'denied',
  '42501': 'denied',
  '3D000': 'refused',
  '53300': 'refused',
  '53400': 'refused',
  '57P03': 'refused',
  '57P01': 'unreachable',
  '57P02': 'unreachable',
  '57014': 'timeout',
  '55P03': 'timeout',
  '25P03': 'timeout',
};

const byMessage: readonly (readonly [RegExp, Failure])[] = [
  [/client password must be a|SASL: /i, 'denied'],
  [/certificate|ERR_TLS|altname|self.signed/i, 'denied'],
  [/does not support SSL/i, 'refused'],
  [/connection terminated|not queryable|closed the connection/i, 'unreachable'],
];

export interface ServerFailure {
  readonly why: Failure;
  readonly detail: string;
  /** SQLSTATE or system error code, where there is one. */
  readonly code?: string;
}

/** What an error of the driver says about the server; `timeoutMs` is what the aborted job had. */
export function failureOf(error: unknown, timeoutMs: number): ServerFailure {
  if (isAborted(error)) {
    return { why: 'timeout', detail: `no answer within ${formatDuration(timeoutMs)}` };
  }
  const first = error instanceof AggregateError ? error.errors[0] : error;
  const message = first instanceof Error ? first.message : String(first);
  const code = codeOf(error);
  if (code !== undefined && /^[0-9A-Z]{5}$/.test(code) && code in bySqlState) {
    return {
      why: bySqlState[code] ?? 'broken-probe',
      detail: `${message} (${code})${hint(code, message)}`,
      code,
    };
  }
  // A file named in the url (sslrootcert) is missing here; the server was not even asked.
  if (code === 'ENOENT' && /\bopen\b/.test(message)) return { why: 'broken-probe', detail: message, code };
  if (code !== undefined && code in failureByCode) {
    return { why: failureByCode[code] ?? 'broken-probe', detail: spokenCall(message), code };
  }
  if (/client password must be a/.test(message))
    return {
      why: 'denied',
      detail: 'the server asks for a password and the url has none',
      ...(code ? { code } : {}),
    };
  const why = byMessage.find(([pattern]) => pattern.test(`${code ?? ''} ${message}`))?.[1];
  const text = code === undefined ? message : `${message} (${code})`;
  return { why: why ?? 'broken-probe', detail: `${text}${hint(code, message)}`, ...(code ? { code } : {}) };
}

/** Every slot for ordinary roles is taken; a limit of one role or database is not that. */
export function isServerFull(detail: string): boolean {
  return detail.includes('(53300)') && !/for (role|database) "/.test(detail);
}

/** The connection broke under a job: it says nothing of the server until a new one was tried. */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error);
  if (code === '57P01' || code === '57P02' || code === 'ECONNRESET' || code === 'EPIPE') return true;
  return error instanceof Error && /connection terminated|not queryable|was closed/i.test(error.message);
}

function hint(code: string | undefined, message: string): string {
  if (/unsupported startup parameter/i.test(message)) {
    return '; this is a connection pooler: give the address of PostgreSQL itself';
  }
  if (code === '57P03') return '; it answers but takes no sessions yet';
  return '';
}
