import { spokenCall } from '../../core/network-words.ts';
import type { Failure } from '../../core/sample.ts';
import { formatDuration } from '../../core/time.ts';
import { codeOf, failureByCode, isAborted } from '../../machine/network/error-code.ts';

/** Error numbers that say what the server thinks of us (MySQL error reference; MariaDB error codes). */
const byNumber: Readonly<Record<number, Failure>> = {
  1040: 'refused',
  1044: 'denied',
  1045: 'denied',
  1049: 'refused',
  1053: 'unreachable',
  1129: 'refused',
  1130: 'denied',
  1142: 'denied',
  1143: 'denied',
  1158: 'unreachable',
  1159: 'timeout',
  1203: 'refused',
  1205: 'timeout',
  1226: 'refused',
  1227: 'denied',
  1251: 'denied',
  1698: 'denied',
  1820: 'denied',
  1862: 'denied',
  1927: 'unreachable',
  1969: 'timeout',
  3024: 'timeout',
  3118: 'denied',
  4031: 'unreachable',
  4151: 'denied',
};

const byCode: Readonly<Record<string, Failure>> = {
  ...failureByCode,
  PROTOCOL_CONNECTION_LOST: 'unreachable',
  HANDSHAKE_NO_SSL_SUPPORT: 'refused',
  HANDSHAKE_SSL_ERROR: 'denied',
};

export interface ServerFailure {
  readonly why: Failure;
  readonly detail: string;
  /** The server's error number, or the system's or the driver's code. */
  readonly code?: string;
}

/** The server's own error number; system errors have negative ones. */
export function numberOfError(error: unknown): number | undefined {
  const isNumbered = error instanceof Error && 'errno' in error && typeof error.errno === 'number';
  return isNumbered && Number(error.errno) >= 1_000 ? Number(error.errno) : undefined;
}

/** No connection is left for anybody; a limit of one user is not that. */
export function isServerFull(detail: string): boolean {
  return detail.includes('(1040)');
}

/** What an error of the driver says about the server; `timeoutMs` is what the aborted job had. */
export function failureOf(error: unknown, timeoutMs: number): ServerFailure {
  if (isAborted(error)) {
    return { why: 'timeout', detail: `no answer within ${formatDuration(timeoutMs)}` };
  }
  const first = error instanceof AggregateError ? error.errors[0] : error;
  const message = first instanceof Error ? first.message : String(first);
  const number = numberOfError(first);
  if (number !== undefined) {
    return { why: byNumber[number] ?? 'broken-probe', detail: `${message} (${number})`, code: `${number}` };
  }
  const code = codeOf(error);
  // A file named in the url (ssl-ca) is missing here; the server was not even asked.
  if (code === 'ENOENT' && /\bopen\b/.test(message)) return { why: 'broken-probe', detail: message, code };
  const why = (code === undefined ? undefined : byCode[code]) ?? byMessage(`${code ?? ''} ${message}`);
  return { why, detail: spokenCall(message) || (code ?? 'no answer'), ...(code ? { code } : {}) };
}

function byMessage(text: string): Failure {
  if (/certificate|ERR_TLS|altname|self.signed|auth(entication)? plugin|caching_sha2/i.test(text))
    return 'denied';
  if (/closed|ended|lost/i.test(text)) return 'unreachable';
  return 'broken-probe';
}

/** The connection broke under a job: it says nothing of the server until a new one was tried. */
export function isConnectionLost(error: unknown): boolean {
  const number = numberOfError(error);
  if (number === 1053 || number === 1927 || number === 4031) return true;
  const code = codeOf(error) ?? '';
  if (['ECONNRESET', 'EPIPE', 'PROTOCOL_CONNECTION_LOST'].includes(code)) return true;
  return error instanceof Error && /closed state|connection lost/i.test(error.message);
}
