import { IconCheck, IconPencil, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import type { ActionView } from '../../../src/core/view.ts';
import { PermittedButton } from '../parts/permitted-button.tsx';
import { ApproveDialog } from './approve-dialog.tsx';
import { DenyDialog } from './deny-dialog.tsx';
import { EditDialog } from './edit-dialog.tsx';

export function cardId(actionId: string): string {
  return `card-${actionId}`;
}

export function Decision({ action }: { action: ActionView }) {
  const [open, setOpen] = useState<'approve' | 'edit' | 'deny' | null>(null);
  const close = () => setOpen(null);
  // The buttons go once it is decided, so the focus stays on what was decided about.
  const leave = () => {
    close();
    document.getElementById(cardId(action.id))?.focus();
  };
  return (
    <>
      <PermittedButton
        needs="approve"
        size="sm"
        leftSection={<IconCheck size={16} />}
        onClick={() => setOpen('approve')}
      >
        Approve…
      </PermittedButton>
      <PermittedButton
        needs="approve"
        size="sm"
        variant="default"
        leftSection={<IconX size={16} />}
        onClick={() => setOpen('deny')}
      >
        Deny…
      </PermittedButton>
      {Object.keys(action.plan.input).length === 0 || action.plan.undoes !== undefined ? null : (
        <PermittedButton
          needs="operate"
          size="sm"
          variant="default"
          leftSection={<IconPencil size={16} />}
          onClick={() => setOpen('edit')}
        >
          Change…
        </PermittedButton>
      )}
      {open === 'approve' ? <ApproveDialog action={action} onClose={close} onDone={leave} /> : null}
      {open === 'edit' ? <EditDialog action={action} onClose={close} /> : null}
      {open === 'deny' ? <DenyDialog action={action} onClose={close} onDone={leave} /> : null}
    </>
  );
}
