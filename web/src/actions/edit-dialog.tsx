import { Textarea } from '@mantine/core';
import { useState } from 'react';
import type { ActionView } from '../../../src/core/view.ts';
import { useEditAction } from '../api/changes.ts';
import { FormDialog } from '../parts/form-dialog.tsx';
import { tellDone } from '../parts/tell.ts';

/** Another input makes another plan, which is judged and approved anew. */
export function EditDialog({ action, onClose }: { action: ActionView; onClose: () => void }) {
  const edit = useEditAction(action.id);
  const [input, setInput] = useState(() => JSON.stringify(action.plan.input, null, 2));
  return (
    <FormDialog
      title="Change the input of this action"
      submit="Make the new plan"
      isBusy={edit.isPending}
      isReady={input.trim() !== ''}
      error={edit.error}
      onClose={onClose}
      onSubmit={() =>
        edit.mutate(input, {
          onSuccess: () => {
            onClose();
            tellDone('A new plan is made; what was approved before no longer counts');
          },
        })
      }
    >
      <Textarea
        label="Input"
        description="JSON, within the bounds that the action declares. The guard judges the new plan."
        autosize
        minRows={4}
        spellCheck={false}
        data-autofocus
        value={input}
        onChange={(event) => setInput(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
