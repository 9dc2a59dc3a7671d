/** Who comes in: tokens, sessions and invitations. Ids stand first and in full, as the verbs that end them want them. */
import { formatDuration } from '../../core/time.ts';
import type { Invitation } from '../../store/invitations.ts';
import type { SessionView } from '../../store/sessions.ts';
import type { Token } from '../../store/tokens.ts';
import { moment } from '../moments.ts';
import { paint, plain, type Terminal, table } from '../terminal.ts';

function printTokens(terminal: Terminal, tokens: readonly Token[], now: number): string {
  if (tokens.length === 0) return 'No token: upkeep token create NAME --scopes read';
  return table(
    terminal,
    tokens.map(({ id, name, scopes, lastUsedAt, revokedAt, createdAt, createdBy }) => [
      `  ${paint(terminal, 'gray', id)}`,
      plain(name),
      scopes.join(', '),
      revokedAt !== null
        ? paint(terminal, 'red', `revoked ${formatDuration(now - revokedAt)} ago`)
        : lastUsedAt === null
          ? 'never used'
          : `used ${formatDuration(now - lastUsedAt)} ago`,
      paint(terminal, 'gray', `since ${moment(terminal, createdAt)} by ${plain(createdBy)}`),
    ]),
  );
}

function printNewToken(
  terminal: Terminal,
  { id, name, scopes, token }: Pick<Token, 'id' | 'name' | 'scopes'> & { readonly token: string },
): string {
  return [
    `${paint(terminal, 'green', '✓')} token ${paint(terminal, 'bold', plain(name))} may ${scopes.join(', ')}  ${paint(terminal, 'gray', id)}`,
    plain(token),
    'This is shown once.',
  ].join('\n');
}

type Listed = SessionView & { readonly isThis: boolean };

function printSessions(terminal: Terminal, sessions: readonly Listed[], now: number): string {
  if (sessions.length === 0) return 'Nobody is signed in with a browser.';
  return table(
    terminal,
    sessions.map(({ id, account, method, address, agent, createdAt, lastSeenAt, isThis }) => [
      `  ${paint(terminal, 'gray', id)}`,
      plain(account),
      isThis ? paint(terminal, 'green', 'this one') : `seen ${formatDuration(now - lastSeenAt)} ago`,
      `since ${moment(terminal, createdAt)}`,
      plain(`${method} from ${address}`),
      paint(terminal, 'gray', plain(agent)),
    ]),
  );
}

function printInvitations(terminal: Terminal, invitations: readonly Invitation[], now: number): string {
  if (invitations.length === 0) return 'No invitation waits.';
  return table(
    terminal,
    invitations.map(({ id, role, name, createdBy, expiresAt }) => [
      `  ${paint(terminal, 'gray', id)}`,
      role,
      plain(name ?? 'any name'),
      `${formatDuration(expiresAt - now)} left`,
      paint(terminal, 'gray', createdBy === null ? '' : `by ${plain(createdBy)}`),
    ]),
  );
}

function printInvited(
  terminal: Terminal,
  invited: Pick<Invitation, 'id' | 'role' | 'name' | 'expiresAt'> & { readonly link: string },
  now: number,
): string {
  const { id, role, name, expiresAt, link } = invited;
  const whom = name === null ? 'an account' : `the account ${paint(terminal, 'bold', plain(name))}`;
  return [
    `${paint(terminal, 'green', '✓')} a link for ${whom} with the role ${role}  ${paint(terminal, 'gray', id)}`,
    plain(link),
    `This is shown once. It works once, until ${moment(terminal, expiresAt)} (${formatDuration(expiresAt - now)} left).`,
  ].join('\n');
}

export const accessForms = {
  'token.create': printNewToken,
  'token.list': printTokens,
  'session.list': printSessions,
  'account.invite': printInvited,
  'account.invitations': printInvitations,
} as const;
