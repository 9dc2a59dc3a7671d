import { Button, Modal, PasswordInput } from '@mantine/core';
import { useState } from 'react';
import { useChangePassword } from '../api/access.ts';
import { tellDone } from '../parts/tell.ts';
import { Trouble } from '../session/second-factor-setup.tsx';
import styles from './settings.module.css';

const shortest = 10;

export function PasswordDialog({ onClose }: { onClose: () => void }) {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = useChangePassword();
  return (
    <Modal opened onClose={onClose} title="Change your password">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate(
            { current, next },
            {
              onSuccess: () => {
                tellDone('Your password is changed; your other browsers are signed out');
                onClose();
              },
            },
          );
        }}
      >
        <Trouble error={change.error} />
        <PasswordInput
          label="Your password now"
          autoComplete="current-password"
          required
          withAsterisk={false}
          data-autofocus
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <PasswordInput
          label="New password"
          description={`At least ${shortest} characters; a sentence is good.`}
          autoComplete="new-password"
          minLength={shortest}
          required
          withAsterisk={false}
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        <Button type="submit" loading={change.isPending}>
          Change it
        </Button>
      </form>
    </Modal>
  );
}
