import { Button, Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import { type Role, useInvite } from '../api/access.ts';
import { CodeText } from '../parts/copy.tsx';
import { Trouble } from '../session/second-factor-setup.tsx';
import { isRole, roleChoices } from './roles.ts';
import styles from './settings.module.css';

export function InviteDialog({ isOwner, onClose }: { isOwner: boolean; onClose: () => void }) {
  const invite = useInvite();
  const [role, setRole] = useState<Role>('viewer');
  const [name, setName] = useState('');
  if (invite.data)
    return (
      <Modal opened onClose={onClose} title="Send them this link" closeOnClickOutside={false}>
        <div className={styles.form}>
          <p>It makes one account, is good for three days, and is shown only now.</p>
          <CodeText text={invite.data.link} what="link" />
          <Button onClick={onClose}>I have copied it</Button>
        </div>
      </Modal>
    );
  return (
    <Modal opened onClose={onClose} title="Invite somebody">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          invite.mutate({ role, ...(name.trim() === '' ? {} : { name: name.trim() }) });
        }}
      >
        <Trouble error={invite.error} />
        <TextInput
          label="Name"
          description="Theirs to choose if left empty"
          autoComplete="off"
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <fieldset className={styles.fieldset}>
          <legend>Role</legend>
          {roleChoices
            .filter(({ value }) => value !== 'owner' || isOwner)
            .map(({ value, label, meaning }) => (
              <label key={value} className={styles.choice}>
                <input
                  type="radio"
                  name="role"
                  checked={value === role}
                  onChange={() => {
                    if (isRole(value)) setRole(value);
                  }}
                />
                <span>
                  {label}
                  <span className={styles.meaning}>{meaning}</span>
                </span>
              </label>
            ))}
        </fieldset>
        <Button type="submit" loading={invite.isPending}>
          Make the link
        </Button>
      </form>
    </Modal>
  );
}
