/** Accounts of every role, made as people are: by an invitation, its link and the page behind it. */
import type { Role } from '../src/core/role.ts';
import type { JournalEntry } from '../src/core/view.ts';
import { cookieOf, type ServedApp } from './served-app.ts';

export const password = 'correct horse battery';

/** Gives the cookie of the new account; the owner must be there. */
export async function invited(served: ServedApp, role: Role, name: string = role): Promise<string> {
  const invite = await served.call<{ link: string }>('account.invite', { role }, served.machine);
  const answer = await served.ask('POST', '/api/v1/setup', {
    headers: { 'x-upkeep': '1' },
    body: { token: tokenIn(invite.link), name, password },
  });
  if (answer.status !== 200) throw new Error(answer.text);
  return cookieOf(answer);
}

export function tokenIn(link: string): string {
  return /#token=([^&]+)/.exec(link)?.[1] ?? '';
}

/** Newest first. */
export async function journalled(served: ServedApp, kind: string): Promise<JournalEntry[]> {
  const all = await served.call<JournalEntry[]>('journal.list', { limit: 500 });
  return all.filter((entry) => entry.kind === kind);
}
