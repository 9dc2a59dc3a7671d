import { Button, Modal, Textarea } from '@mantine/core';
import { IconCircleCheck, IconHandStop, IconZoomScan } from '@tabler/icons-react';
import { useState } from 'react';
import type { IncidentDetail } from '../../../src/core/view.ts';
import { useAcknowledge, useInvestigate, useResolve } from '../api/changes.ts';
import { PermittedButton } from '../parts/permitted-button.tsx';
import { tellDone, tellFailure } from '../parts/tell.ts';
import { IncidentMenu } from './incident-menu.tsx';

export function IncidentButtons({ incident }: { incident: IncidentDetail }) {
  const [isResolving, setResolving] = useState(false);
  const acknowledge = useAcknowledge(incident.id);
  const investigate = useInvestigate(incident.id);
  if (incident.resolvedAt !== null) return null;
  return (
    <>
      <PermittedButton
        needs="operate"
        variant="default"
        leftSection={<IconZoomScan size={17} />}
        loading={investigate.isPending}
        onClick={() =>
          investigate.mutate(undefined, { onSuccess: () => tellDone('Looked again'), onError: tellFailure })
        }
      >
        Look again
      </PermittedButton>
      {incident.acknowledgedAt === null ? (
        <PermittedButton
          needs="operate"
          leftSection={<IconHandStop size={17} />}
          loading={acknowledge.isPending}
          onClick={() =>
            acknowledge.mutate(undefined, {
              onSuccess: () => tellDone('Acknowledged. Nobody else is called.'),
              onError: tellFailure,
            })
          }
        >
          Acknowledge
        </PermittedButton>
      ) : null}
      <PermittedButton
        needs="operate"
        variant={incident.acknowledgedAt === null ? 'default' : 'filled'}
        leftSection={<IconCircleCheck size={17} />}
        onClick={() => setResolving(true)}
      >
        Resolve
      </PermittedButton>
      <IncidentMenu incident={incident} />
      <ResolveDialog incident={incident} isOpen={isResolving} onClose={() => setResolving(false)} />
    </>
  );
}

function ResolveDialog({
  incident,
  isOpen,
  onClose,
}: {
  incident: IncidentDetail;
  isOpen: boolean;
  onClose: () => void;
}) {
  const [note, setNote] = useState('');
  const resolve = useResolve(incident.id);
  return (
    <Modal opened={isOpen} onClose={onClose} title="Resolve this incident" centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          resolve.mutate(note, {
            onSuccess: () => {
              onClose();
              tellDone('Resolved');
            },
            onError: tellFailure,
          });
        }}
      >
        <p>
          Upkeep resolves incidents by itself once everything stays well. Resolving by hand ends this one now
          {incident.firingAlerts > 0
            ? `, although ${incident.firingAlerts} of its alerts still fire; what goes on failing opens a new one.`
            : '.'}
        </p>
        <Textarea
          label="What was done"
          description="Kept in the journal."
          autosize
          minRows={3}
          required
          withAsterisk={false}
          mt="md"
          data-autofocus
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Button type="submit" mt="md" fullWidth loading={resolve.isPending} disabled={note.trim() === ''}>
          Resolve
        </Button>
      </form>
    </Modal>
  );
}
