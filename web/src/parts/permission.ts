import { useQuery } from '@tanstack/react-query';
import { sessionQuery } from '../api/queries.ts';
import type { Scope } from '../api/shapes.ts';

/** What the dashboard changes needs one of these; the least role that has it. */
const leastRole = { operate: 'operator', approve: 'approver', admin: 'admin' } as const;
export type Needed = Extract<Scope, keyof typeof leastRole>;

/** Why whoever is signed in may not; null when they may. The server decides all the same. */
export function useRefusal(scope: Needed): string | null {
  const account = useQuery(sessionQuery).data?.account;
  if (account == null || account.scopes.includes(scope)) return null;
  return `Needs the role ${leastRole[scope]}; yours is ${account.role}`;
}
