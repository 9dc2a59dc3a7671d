import { Button } from '@mantine/core';
import { IconExternalLink, IconLink, IconRefresh } from '@tabler/icons-react';
import { useState } from 'react';
import type { StatusPageView } from '../../../src/core/status-page.ts';
import { useNewStatusAddress, useWriteStatusPage } from '../api/status-page.ts';
import { FormDialog } from '../parts/form-dialog.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import { ShownOnce } from '../parts/shown-once.tsx';
import { tellDone, tellFailure } from '../parts/tell.ts';

export function PageButtons({ page }: { page: StatusPageView }) {
  const write = useWriteStatusPage();
  const [isRenewing, setRenewing] = useState(false);
  return (
    <>
      <PermittedButton
        needs="operate"
        variant="default"
        leftSection={<IconRefresh size={17} />}
        loading={write.isPending}
        onClick={() =>
          write.mutate(undefined, { onSuccess: () => tellDone('Written anew'), onError: tellFailure })
        }
      >
        Write it now
      </PermittedButton>
      {page.access === 'public' ? (
        <Button
          component="a"
          href="/status/"
          target="_blank"
          rel="noopener"
          leftSection={<IconExternalLink size={17} />}
        >
          Look at it
        </Button>
      ) : null}
      {page.access === 'link' ? (
        <PermittedButton needs="admin" leftSection={<IconLink size={17} />} onClick={() => setRenewing(true)}>
          New secret address
        </PermittedButton>
      ) : null}
      {isRenewing ? <AddressDialog onClose={() => setRenewing(false)} /> : null}
    </>
  );
}

function AddressDialog({ onClose }: { onClose: () => void }) {
  const renew = useNewStatusAddress();
  if (renew.data !== undefined)
    return (
      <ShownOnce
        title="The address of the status page"
        secret={renew.data.url}
        what="address"
        onClose={onClose}
      >
        <p>
          <a href={renew.data.url} target="_blank" rel="noopener">
            Look at it
          </a>
        </p>
      </ShownOnce>
    );
  return (
    <FormDialog
      title="Make a new secret address"
      submit="Make it"
      size="md"
      isBusy={renew.isPending}
      error={renew.error}
      onClose={onClose}
      onSubmit={() => renew.mutate()}
    >
      <p>The address before opens nothing any more: everybody who reads the page needs the new one.</p>
    </FormDialog>
  );
}
