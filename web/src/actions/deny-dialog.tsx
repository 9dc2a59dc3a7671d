import { Button, Modal, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { ActionView } from '../../../src/core/view.ts';
import { useDeny } from '../api/changes.ts';
import { tellDone } from '../parts/tell.ts';
import styles from './dialog.module.css';
import { PlanSummary } from './plan-summary.tsx';

export function DenyDialog({
  action,
  onClose,
  onDone,
}: {
  action: ActionView;
  onClose: () => void;
  onDone: () => void;
}) {
  const deny = useDeny(action.id);
  const [reason, setReason] = useState('');
  return (
    <Modal opened onClose={onClose} title="Deny this action" size="lg">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          deny.mutate(reason, {
            onSuccess: () => {
              onDone();
              tellDone('Denied; nothing was changed');
            },
          });
        }}
      >
        <Textarea
          label="Why not"
          description="Kept in the journal, so that the next person knows."
          autosize
          minRows={2}
          required
          withAsterisk={false}
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <PlanSummary action={action} />
        {deny.isError ? (
          <p className={styles.error} role="alert">
            {deny.error.message}
          </p>
        ) : null}
        <div className={styles.buttons}>
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
          <Button type="submit" loading={deny.isPending} disabled={reason.trim() === ''}>
            Deny
          </Button>
        </div>
      </form>
    </Modal>
  );
}
