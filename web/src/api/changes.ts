/** What people may change; each refreshes what it touches. */
import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query';
import type { ActionView, IncidentView } from '../../../src/core/view.ts';
import { request } from './request.ts';
import type { NewToken, Scope, Session, Verification } from './shapes.ts';

export function useChange<Input, Output>(
  run: (input: Input) => Promise<Output>,
  touches: readonly QueryKey[],
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSettled: () => Promise.all(touches.map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}

const incidentKeys = [['incident'], ['incidents'], ['overview'], ['journal']];
const actionKeys = [['actions'], ['action'], ...incidentKeys];

export function useSignIn() {
  return useChange(
    (body: { name: string; password: string; code?: string }) =>
      request<Session>('POST', '/session', { body }),
    [['session']],
  );
}

export function useSetUp() {
  return useChange(
    (body: { token: string; name: string; password: string }) => request<Session>('POST', '/setup', { body }),
    [['session']],
  );
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => request<void>('DELETE', '/session'),
    onSuccess: () => client.resetQueries(),
  });
}

export function useAcknowledge(id: string) {
  return useChange(
    () => request<IncidentView>('POST', `/incidents/${encodeURIComponent(id)}/ack`, { body: {} }),
    incidentKeys,
  );
}

export function useResolve(id: string) {
  return useChange(
    (note: string) =>
      request<IncidentView>('POST', `/incidents/${encodeURIComponent(id)}/resolve`, { body: { note } }),
    incidentKeys,
  );
}

export function useInvestigate(id: string) {
  return useChange(
    () => request<unknown>('POST', `/incidents/${encodeURIComponent(id)}/investigate`, { body: {} }),
    incidentKeys,
  );
}

export function useApprove(id: string) {
  return useChange(
    (digest: string) =>
      request<ActionView>('POST', `/actions/${encodeURIComponent(id)}/approve`, { body: { digest } }),
    actionKeys,
  );
}

/** @param input JSON, as it was typed */
export function useEditAction(id: string) {
  return useChange(
    (input: string) =>
      request<ActionView>('POST', `/actions/${encodeURIComponent(id)}/edit`, { body: { input } }),
    actionKeys,
  );
}

export function useUndo(id: string) {
  return useChange(
    (why: string) =>
      request<{ readonly action: ActionView } | { readonly refused: string }>(
        'POST',
        `/actions/${encodeURIComponent(id)}/undo`,
        { body: { why } },
      ),
    actionKeys,
  );
}

export function useDeny(id: string) {
  return useChange(
    (reason: string) =>
      request<ActionView>('POST', `/actions/${encodeURIComponent(id)}/deny`, { body: { reason } }),
    actionKeys,
  );
}

export function useCreateToken() {
  return useChange(
    (body: { name: string; scopes: readonly Scope[] }) => request<NewToken>('POST', '/tokens', { body }),
    [['tokens']],
  );
}

export function useRevokeToken() {
  return useChange(
    (id: string) => request<void>('DELETE', `/tokens/${encodeURIComponent(id)}`),
    [['tokens']],
  );
}

export function useVerifyJournal() {
  return useMutation({ mutationFn: () => request<Verification>('GET', '/audit/verify') });
}
