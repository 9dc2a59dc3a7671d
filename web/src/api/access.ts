/** Accounts, sessions and the second factor: what the API answers, and what people may change. */

import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { Role } from '../../../src/core/role.ts';
import type { accountInvitations } from '../../../src/verbs/account/invitations.ts';
import type { accountList } from '../../../src/verbs/account/list.ts';
import type { sessionList } from '../../../src/verbs/session/list.ts';
import type { AnswerOf } from './answer.ts';
import { request } from './request.ts';

export type { Role } from '../../../src/core/role.ts';

export type AccountView = AnswerOf<typeof accountList>[number];

export type InvitationView = AnswerOf<typeof accountInvitations>[number];

export type SessionView = AnswerOf<typeof sessionList>[number];

export interface SecondFactor {
  readonly since: number | null;
  readonly recoveryCodesLeft: number;
}

export interface NewFactor {
  readonly secret: string;
  /** An SVG image. */
  readonly qr: string;
}

export interface RecoveryCodes {
  readonly recoveryCodes: readonly string[];
}

export const accountsQuery = queryOptions({
  queryKey: ['accounts'],
  queryFn: ({ signal }) => request<AccountView[]>('GET', '/accounts', { signal }),
});

export const invitationsQuery = queryOptions({
  queryKey: ['accounts', 'invitations'],
  queryFn: ({ signal }) => request<InvitationView[]>('GET', '/accounts/invitations', { signal }),
});

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => request<SessionView[]>('GET', '/sessions', { signal }),
});

export const secondFactorQuery = queryOptions({
  queryKey: ['session', 'second-factor'],
  queryFn: ({ signal }) => request<SecondFactor>('GET', '/session/second-factor', { signal }),
});

export function useInvite() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { role: Role; name?: string }) =>
      request<{ link: string; expiresAt: number }>('POST', '/accounts/invitations', { body }),
    onSettled: () => client.invalidateQueries({ queryKey: ['accounts'] }),
  });
}

export type AccountChange =
  | { readonly do: 'role'; readonly name: string; readonly role: Role }
  | { readonly do: 'disable' | 'enable' | 'remove' | 'second-factor-off'; readonly name: string }
  | { readonly do: 'uninvite'; readonly id: string };

export function useChangeAccount() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: AccountChange) => carryOut(change),
    onSettled: () =>
      Promise.all(
        [['accounts'], ['sessions'], ['tokens']].map((queryKey) => client.invalidateQueries({ queryKey })),
      ),
  });
}

function carryOut(change: AccountChange): Promise<unknown> {
  if (change.do === 'uninvite')
    return request('DELETE', `/accounts/invitations/${encodeURIComponent(change.id)}`);
  const path = `/accounts/${encodeURIComponent(change.name)}`;
  if (change.do === 'remove') return request('DELETE', path);
  if (change.do === 'second-factor-off') return request('DELETE', `${path}/second-factor`);
  return request('POST', `${path}/${change.do}`, { body: change.do === 'role' ? { role: change.role } : {} });
}

export function useRevokeSession() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request('DELETE', `/sessions/${encodeURIComponent(id)}`),
    onSettled: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  });
}

export function useChangePassword() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { current: string; next: string }) => request('POST', '/accounts/password', { body }),
    onSettled: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  });
}

export function useBeginSecondFactor() {
  return useMutation({
    mutationFn: (password: string) =>
      request<NewFactor>('POST', '/session/second-factor', { body: { password } }),
  });
}

/** What is shown of the session is left as it is, so that the recovery codes stay until they are kept. */
export function useConfirmSecondFactor() {
  return useMutation({
    mutationFn: (code: string) =>
      request<RecoveryCodes>('POST', '/session/second-factor/confirm', { body: { code } }),
  });
}

export function useRenewRecoveryCodes() {
  return useMutation({
    mutationFn: (body: { password: string; code: string }) =>
      request<RecoveryCodes>('POST', '/session/second-factor/recovery-codes', { body }),
  });
}

export function useTurnOffSecondFactor() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { password: string; code: string }) =>
      request('DELETE', '/session/second-factor', { body }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['session'] }),
  });
}
