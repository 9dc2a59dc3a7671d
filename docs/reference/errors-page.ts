/** Every error code with its status, what it means and what helps. */
import { type ErrorCode, errorCodes } from '../../src/core/verb.ts';
import { code, fence, page, table } from './table.ts';

const meanings: Readonly<Record<ErrorCode, readonly [means: string, helps: string]>> = {
  'not-found': [
    'There is no such thing, or no such path.',
    'List what there is: `upkeep incident list`, `upkeep status`.',
  ],
  'bad-input': [
    'The input has a missing, unknown or malformed field; the message names it.',
    'See the input of the verb.',
  ],
  'not-signed-in': [
    'No session and no token came along, or the token is unknown or revoked.',
    'Sign in, or send `Authorization: Bearer TOKEN`; `upkeep token create` makes one.',
  ],
  'code-needed': [
    'The name and the password are right, and the account has a second factor.',
    'Send `code` as well: six digits of the app, or a recovery code.',
  ],
  'not-allowed': [
    'The scope is missing, the request came from another page, or the host is not a name of this server.',
    'Use a token with the scope that the verb needs; with a cookie, send `X-Upkeep: 1` with what changes something; set `publicUrl` for another name.',
  ],
  'wrong-method': [
    'The path exists, but not with this method; the header `Allow` names those it has.',
    'See the route of the verb.',
  ],
  conflict: [
    'It was changed by somebody else meanwhile, or is no longer in a state that allows this.',
    'Read it again and decide anew.',
  ],
  expired: [
    'The one-time link or the approval is too old.',
    'Restart Upkeep for a new link; propose the action again.',
  ],
  'too-large': ['The body is larger than 256 KiB.', 'Send less; no verb needs that much.'],
  refused: [
    'The guard or a policy says no; the message is its reason.',
    '`upkeep guard explain` shows what would be allowed and why.',
  ],
  'too-many-attempts': [
    'Too many wrong passwords or codes in a short time, from one address or for one account.',
    'Wait for the time that the message names.',
  ],
  internal: [
    'Upkeep itself failed; details are in its log, never in the answer.',
    'Look at the log at this time and report it.',
  ],
};

export function errorsPage(): string {
  const rows = Object.entries(errorCodes).map(([name, status]) => [
    code(name),
    String(status),
    ...meanings[name as ErrorCode],
  ]);
  return page('Errors', [
    'An answer that is not what was asked for holds a stable code and a message for people:',
    fence('json', '{ "error": { "code": "not-found", "message": "no target is called web" } }'),
    table(['Code', 'Status', 'What it means', 'What helps'], rows),
    'Commands end with 0 when all is good, 1 when something was found, a check failed or what was asked for is refused (`conflict`, `expired`, `refused`, `too-many-attempts`), 2 for wrong usage or configuration.',
  ]);
}
