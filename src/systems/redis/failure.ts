import { spokenCall } from '../../core/network-words.ts';
import type { Failure } from '../../core/sample.ts';
import { formatDuration } from '../../core/time.ts';

/** Redis begins an error with a word that tells its kind. */
const byReply: readonly (readonly [RegExp, Failure])[] = [
  [/^(NOAUTH|WRONGPASS|NOPERM|DENIED)\b/, 'denied'],
  [/invalid password|invalid username-password|AUTH .*called without any password/i, 'denied'],
  [/max number of clients/i, 'refused'],
  [/^(LOADING|BUSY|MASTERDOWN)\b/, 'refused'],
  [/certificate|ERR_TLS|altname|self.signed|wrong version number|EPROTO/i, 'denied'],
  [/DB index is out of range/i, 'refused'],
  [/connection is closed|stream isn't writeable|connection closed/i, 'unreachable'],
];

const bySystemCode: Readonly<Record<string, Failure>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  ECONNRESET: 'unreachable',
  EPIPE: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'timeout',
};

export interface ServerFailure {
  readonly why: Failure;
  readonly detail: string;
}

/** What an error of the driver says about the server; `timeoutMs` is what the aborted job had. */
export function failureOf(error: unknown, timeoutMs: number): ServerFailure {
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')) {
    return { why: 'timeout', detail: `no answer within ${formatDuration(timeoutMs)}` };
  }
  const message = messageOf(error);
  const code = codeOf(error);
  const bySystem = code === undefined ? undefined : bySystemCode[code];
  if (bySystem !== undefined) return { why: bySystem, detail: spokenCall(message) };
  const why = byReply.find(([pattern]) => pattern.test(message) || pattern.test(code ?? ''))?.[1];
  return { why: why ?? 'broken-probe', detail: message };
}

export function messageOf(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}

/** No place is left for another client. */
export function isServerFull(detail: string): boolean {
  return /max number of clients/i.test(detail);
}

/** The command is not in this user's ACL; the rest of the server can be seen all the same. */
export function isNotPermitted(error: unknown): boolean {
  return /^NOPERM\b/.test(messageOf(error));
}

/** A managed Redis renames or hides commands. */
export function isUnknownCommand(error: unknown): boolean {
  return /^ERR unknown (command|subcommand)/i.test(messageOf(error));
}

/** The connection broke under a job: it says nothing of the server until a new one was tried. */
export function isConnectionLost(error: unknown): boolean {
  return (
    /connection is closed|isn't writeable|connection closed|aborted due to connection close/i.test(
      messageOf(error),
    ) ||
    codeOf(error) === 'ECONNRESET' ||
    codeOf(error) === 'EPIPE'
  );
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
