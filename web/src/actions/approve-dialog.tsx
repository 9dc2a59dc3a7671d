import { Button, Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { ActionView } from '../../../src/core/view.ts';
import { useApprove } from '../api/changes.ts';
import { useNow } from '../parts/now.ts';
import { tellDone } from '../parts/tell.ts';
import styles from './dialog.module.css';
import { PlanSummary } from './plan-summary.tsx';

export function ApproveDialog({
  action,
  onClose,
  onDone,
}: {
  action: ActionView;
  onClose: () => void;
  onDone: () => void;
}) {
  const approve = useApprove(action.id);
  const [typed, setTyped] = useState('');
  // The digest of what this dialog showed when it was opened: a plan that changed meanwhile is refused.
  const [digest] = useState(action.digest);
  const isExpired = useNow() >= (action.expiresAt ?? Number.POSITIVE_INFINITY);
  const isChanged = digest !== action.digest;
  const mustType = action.plan.risk === 'destructive';
  return (
    <Modal opened onClose={onClose} title="Approve this action" size="lg">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          approve.mutate(digest, {
            onSuccess: ({ state }) => {
              onDone();
              tellDone(
                state === 'awaiting-approval'
                  ? 'Noted; it waits for one more person'
                  : 'Approved; Upkeep applies it and watches whether it helps',
              );
            },
          });
        }}
      >
        <PlanSummary action={action} />
        {mustType ? (
          <TextInput
            label={`Data may be lost. Type ${action.plan.target} to go on.`}
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        ) : null}
        {isChanged ? (
          <p className={styles.error} role="alert">
            The plan has changed since you opened this. Close it and read the new one.
          </p>
        ) : null}
        {approve.isError ? (
          <p className={styles.error} role="alert">
            {approve.error.message}
          </p>
        ) : null}
        <div className={styles.buttons}>
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
          <Button
            type="submit"
            color={mustType ? 'red' : undefined}
            loading={approve.isPending}
            disabled={isExpired || isChanged || (mustType && typed !== action.plan.target)}
          >
            {isExpired ? 'Expired' : 'Approve and apply'}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
