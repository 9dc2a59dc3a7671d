import type { IncidentDetail } from '../../../src/core/view.ts';
import { type IncidentChange, useChangeIncident } from '../api/incidents.ts';
import { FormDialog } from '../parts/form-dialog.tsx';
import { tellDone } from '../parts/tell.ts';

export interface ChangeDialogProps {
  readonly incident: IncidentDetail;
  readonly onClose: () => void;
}

/** A form that makes one change of an incident. */
export function ChangeDialog({
  incident,
  title,
  submit,
  done,
  change,
  isReady,
  onClose,
  onDone,
  children,
}: {
  incident: Pick<IncidentDetail, 'id'>;
  onClose: () => void;
  title: string;
  submit: string;
  done: string;
  change: IncidentChange;
  isReady: boolean;
  onDone?: () => void;
  children: React.ReactNode;
}) {
  const make = useChangeIncident(incident.id);
  return (
    <FormDialog
      title={title}
      submit={submit}
      isBusy={make.isPending}
      isReady={isReady}
      error={make.error}
      onClose={onClose}
      onSubmit={() =>
        make.mutate(change, {
          onSuccess: () => {
            onClose();
            tellDone(done);
            onDone?.();
          },
        })
      }
    >
      {children}
    </FormDialog>
  );
}
