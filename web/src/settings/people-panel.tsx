import { Button } from '@mantine/core';
import { IconUserPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { accountsQuery, type InvitationView, invitationsQuery, useChangeAccount } from '../api/access.ts';
import type { SignedIn } from '../api/shapes.ts';
import { Age } from '../parts/age.tsx';
import { Chip } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import { Loaded } from '../parts/states.tsx';
import { tellDone, tellFailure } from '../parts/tell.ts';
import { InviteDialog } from './invite-dialog.tsx';
import { PersonRow } from './person-row.tsx';
import { roleWord } from './roles.ts';
import styles from './settings.module.css';

export function PeoplePanel({ account }: { account: SignedIn }) {
  const accounts = useQuery(accountsQuery);
  const invitations = useQuery(invitationsQuery);
  const [isInviting, setInviting] = useState(false);
  return (
    <Panel
      title="People"
      count={accounts.data?.length}
      flush
      aside={
        <Button
          variant="default"
          size="xs"
          leftSection={<IconUserPlus size={15} />}
          onClick={() => setInviting(true)}
        >
          Invite
        </Button>
      }
    >
      <Loaded query={accounts} rows={2}>
        {(list) => (
          <ul aria-label="People">
            {list.map((person) => (
              <PersonRow key={person.id} person={person} me={account} />
            ))}
            {invitations.data?.map((invitation) => (
              <InvitationRow key={invitation.id} invitation={invitation} />
            ))}
          </ul>
        )}
      </Loaded>
      {isInviting ? (
        <InviteDialog isOwner={account.role === 'owner'} onClose={() => setInviting(false)} />
      ) : null}
    </Panel>
  );
}

function InvitationRow({
  invitation: { id, name, role, createdBy, expiresAt },
}: {
  invitation: InvitationView;
}) {
  const change = useChangeAccount();
  return (
    <li className={styles.row}>
      <div className={styles.token}>
        <strong>{name ?? 'Somebody'}</strong>
        <Chip tone="quiet">invited as {roleWord(role).toLowerCase()}</Chip>
        <span className={styles.soft}>
          by {createdBy}, the link ends <Age at={expiresAt} />
        </span>
      </div>
      <Button
        size="xs"
        variant="default"
        loading={change.isPending}
        onClick={() =>
          change.mutate(
            { do: 'uninvite', id },
            { onSuccess: () => tellDone('The link is no longer good'), onError: tellFailure },
          )
        }
      >
        Take back
      </Button>
    </li>
  );
}
