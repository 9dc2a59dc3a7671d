import { Button, Modal, PasswordInput, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useRenewRecoveryCodes, useTurnOffSecondFactor } from '../api/access.ts';
import { tellDone } from '../parts/tell.ts';
import { RecoveryCodeList } from '../session/recovery-code-list.tsx';
import { SecondFactorSetup, Trouble } from '../session/second-factor-setup.tsx';
import styles from './settings.module.css';

interface Closable {
  readonly onClose: () => void;
}

export function SetupDialog({ onClose }: Closable) {
  const client = useQueryClient();
  const finish = () => {
    void client.invalidateQueries({ queryKey: ['session'] });
    void client.invalidateQueries({ queryKey: ['sessions'] });
    onClose();
  };
  return (
    <Modal opened onClose={finish} title="Set up a second factor" closeOnClickOutside={false}>
      <SecondFactorSetup onDone={finish} />
    </Modal>
  );
}

export function RecoveryDialog({ onClose }: Closable) {
  const client = useQueryClient();
  const renew = useRenewRecoveryCodes();
  const finish = () => {
    void client.invalidateQueries({ queryKey: ['session'] });
    onClose();
  };
  return (
    <Modal opened onClose={finish} title="New recovery codes" closeOnClickOutside={false}>
      {renew.data ? (
        <RecoveryCodeList codes={renew.data.recoveryCodes} onDone={finish} />
      ) : (
        <Proof
          lead="The codes you have now stop working."
          button="Make new codes"
          isPending={renew.isPending}
          error={renew.error}
          onProof={(proof) => renew.mutate(proof)}
        />
      )}
    </Modal>
  );
}

export function TurnOffDialog({ onClose }: Closable) {
  const turnOff = useTurnOffSecondFactor();
  return (
    <Modal opened onClose={onClose} title="Turn the second factor off">
      <Proof
        lead="Your password alone will let in whoever has it."
        button="Turn it off"
        color="red"
        isPending={turnOff.isPending}
        error={turnOff.error}
        onProof={(proof) =>
          turnOff.mutate(proof, {
            onSuccess: () => {
              tellDone('The second factor is off');
              onClose();
            },
          })
        }
      />
    </Modal>
  );
}

function Proof({
  lead,
  button,
  color,
  isPending,
  error,
  onProof,
}: {
  lead: string;
  button: string;
  color?: string;
  isPending: boolean;
  error: Error | null;
  onProof: (proof: { password: string; code: string }) => void;
}) {
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        onProof({ password, code });
      }}
    >
      <p>{lead}</p>
      <Trouble error={error} />
      <PasswordInput
        label="Your password"
        autoComplete="current-password"
        required
        withAsterisk={false}
        data-autofocus
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <TextInput
        label="Code of the app, or a recovery code"
        autoComplete="one-time-code"
        required
        withAsterisk={false}
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      <Button type="submit" loading={isPending} {...(color === undefined ? {} : { color })}>
        {button}
      </Button>
    </form>
  );
}
