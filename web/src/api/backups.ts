/** Backups, how far they are proven, and what may be done with them. Times are epoch milliseconds. */
import { queryOptions } from '@tanstack/react-query';
import type { BackupView, ProofView } from '../../../src/core/backup/view.ts';
import type { backupAdopt } from '../../../src/verbs/backup/hold.ts';
import type { backupList } from '../../../src/verbs/backup/list.ts';
import type { backupPlanDeletion } from '../../../src/verbs/backup/plan-deletion.ts';
import type { RestoreOutcome } from '../../../src/verbs/backup/restore.ts';
import type { AnswerOf } from './answer.ts';
import { useChange } from './changes.ts';
import { queryText, request } from './request.ts';

export type { BackupView };
export type BackupListView = AnswerOf<typeof backupList>;
export type PlanView = BackupListView['plans'][number];
export type DeletionView = AnswerOf<typeof backupPlanDeletion>[number];

const touched = [['backups'], ['overview'], ['journal'], ['actions'], ['recovery-plan']];

export const backupsQuery = queryOptions({
  queryKey: ['backups'],
  queryFn: ({ signal }) => request<BackupListView>('GET', `/backups${queryText({ limit: 500 })}`, { signal }),
  // How far it is changes by the second.
  refetchInterval: ({ state }) =>
    state.data?.plans.some(({ underWay }) => underWay !== null) ? 2_000 : 30_000,
});

/** Asks the engines what they would delete, so only when it is looked at. */
export const deletionQuery = (name: string) =>
  queryOptions({
    queryKey: ['backups', 'deletion', name],
    queryFn: ({ signal }) =>
      request<DeletionView[]>('GET', `/backups/deletion${queryText({ name })}`, { signal }),
    staleTime: 60_000,
  });

export type Adopted = AnswerOf<typeof backupAdopt>;
export type RestorePlan = Extract<RestoreOutcome, { kind: 'plan' }>['plan'];

export interface RestoreWish {
  readonly of: string;
  /** RFC 3339; absent for the newest. */
  readonly until?: string | undefined;
  /** `over`, `database:name`, `folder:/srv/x` */
  readonly into: string;
}

const restore = ({ of, ...body }: RestoreWish & { dryRun?: 'yes'; why?: string }, signal?: AbortSignal) =>
  request<RestoreOutcome>('POST', `/backups/${encodeURIComponent(of)}/restore`, {
    body,
    ...(signal === undefined ? {} : { signal }),
  });

/** Changes nothing: what would be done and lost. */
export const restorePlanQuery = (wish: RestoreWish) =>
  queryOptions({
    queryKey: ['restore-plan', wish],
    queryFn: async ({ signal }) => {
      const outcome = await restore({ ...wish, dryRun: 'yes' }, signal);
      if (outcome.kind === 'restored') throw new Error('the dry run was no dry run: look at the journal');
      return outcome.plan;
    },
    retry: false,
    gcTime: 0,
  });

export function useRestore() {
  return useChange((wish: RestoreWish & { why: string }) => restore(wish), touched);
}

export function usePin(id: string) {
  return useChange(
    (isPinned: boolean) =>
      request<BackupView>('POST', `/backups/${encodeURIComponent(id)}/${isPinned ? 'pin' : 'unpin'}`, {
        body: { why: 'by button on the page of backups' },
      }),
    touched,
  );
}

export function useProve(id: string) {
  return useChange(
    () => request<ProofView>('POST', `/backups/${encodeURIComponent(id)}/verify`, { body: {} }),
    touched,
  );
}

export function useAdopt(name: string) {
  return useChange(
    (why: string) => request<Adopted>('POST', '/backups/adopt', { body: { name, why } }),
    touched,
  );
}

export function useTake(name: string) {
  return useChange(() => request<BackupView>('POST', '/backups', { body: { name } }), touched);
}
