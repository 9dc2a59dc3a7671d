import { Textarea } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useState } from 'react';
import type { ActionView } from '../../../src/core/view.ts';
import { useUndo } from '../api/changes.ts';
import { FormDialog } from '../parts/form-dialog.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import { tellDone } from '../parts/tell.ts';

export function canBeTakenBack({ state, plan, appliedAt }: ActionView): boolean {
  return (
    (state === 'done' || state === 'failed') &&
    appliedAt !== null &&
    plan.undo.possible &&
    plan.undoes === undefined
  );
}

export function TakeBack({ action }: { action: ActionView }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <PermittedButton
        needs="operate"
        size="sm"
        variant="default"
        leftSection={<IconArrowBackUp size={16} />}
        onClick={() => setOpen(true)}
      >
        Take back…
      </PermittedButton>
      {isOpen ? <TakeBackDialog action={action} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function TakeBackDialog({ action, onClose }: { action: ActionView; onClose: () => void }) {
  const undo = useUndo(action.id);
  const [why, setWhy] = useState('');
  const [refused, setRefused] = useState<string | null>(null);
  return (
    <FormDialog
      title="Take this change back"
      submit="Take back"
      isBusy={undo.isPending}
      isReady={why.trim() !== ''}
      error={refused === null ? undo.error : new Error(refused)}
      onClose={onClose}
      onSubmit={() =>
        undo.mutate(why, {
          onSuccess: (answer) => {
            if ('refused' in answer) return setRefused(answer.refused);
            onClose();
            tellDone(
              answer.action.state === 'awaiting-approval'
                ? 'It is planned and waits for approval'
                : 'It is planned; the guard has judged it',
            );
          },
        })
      }
    >
      <p>{action.plan.undo.how}</p>
      <Textarea
        label="Why"
        description="Kept in the journal. Taking back is an action of its own, under the same guard."
        autosize
        minRows={2}
        data-autofocus
        value={why}
        onChange={(event) => setWhy(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
