import { IconLink } from '@tabler/icons-react';
import { useState } from 'react';
import { type HeartbeatView, usePingAddress } from '../api/channels.ts';
import { CodeText } from '../parts/copy.tsx';
import { FormDialog } from '../parts/form-dialog.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import { ShownOnce } from '../parts/shown-once.tsx';

export function AddressButton({ one }: { one: HeartbeatView }) {
  const [isMaking, setMaking] = useState(false);
  return (
    <div>
      <PermittedButton
        needs="operate"
        variant={one.hasAddress ? 'default' : 'filled'}
        size="xs"
        leftSection={<IconLink size={15} />}
        aria-label={`${one.hasAddress ? 'Replace' : 'Make'} the address of ${one.target}`}
        onClick={() => setMaking(true)}
      >
        {one.hasAddress ? 'Replace address' : 'Make address'}
      </PermittedButton>
      {isMaking ? <AddressDialog one={one} onClose={() => setMaking(false)} /> : null}
    </div>
  );
}

function AddressDialog({ one, onClose }: { one: HeartbeatView; onClose: () => void }) {
  const make = usePingAddress();
  if (make.data !== undefined)
    return (
      <ShownOnce
        title={`The address ${one.target} reports to`}
        secret={make.data.url}
        what="address"
        onClose={onClose}
      >
        <p>After the job’s command in its crontab line:</p>
        <CodeText text={make.data.report} what="report" />
        <p>Before it, so that its duration is known:</p>
        <CodeText text={make.data.start} what="start" />
        <p>Reachable {make.data.reachable}.</p>
      </ShownOnce>
    );
  return (
    <FormDialog
      title={one.hasAddress ? `Replace the address of ${one.target}` : `Make an address for ${one.target}`}
      submit={one.hasAddress ? 'Replace it' : 'Make it'}
      size="md"
      isBusy={make.isPending}
      error={make.error}
      onClose={onClose}
      onSubmit={() => make.mutate({ target: one.target, replaces: one.hasAddress })}
    >
      <p>
        {one.hasAddress
          ? 'The address before is no longer known at once: a job that still reports to it counts as silent.'
          : 'The job reports each of its runs to it; what stays silent for too long becomes an alert.'}
      </p>
    </FormDialog>
  );
}
