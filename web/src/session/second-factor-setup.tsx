import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useBeginSecondFactor, useConfirmSecondFactor } from '../api/access.ts';
import { CopyIcon } from '../parts/copy.tsx';
import { RecoveryCodeList } from './recovery-code-list.tsx';
import styles from './second-factor.module.css';

/** From the password over the app to the recovery codes. */
export function SecondFactorSetup({ onDone }: { onDone: () => void }) {
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const begin = useBeginSecondFactor();
  const confirm = useConfirmSecondFactor();
  if (confirm.data) return <RecoveryCodeList codes={confirm.data.recoveryCodes} onDone={onDone} />;
  if (!begin.data)
    return (
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          begin.mutate(password);
        }}
      >
        <Trouble error={begin.error} />
        <PasswordInput
          label="Your password"
          description="So that nobody does this at your open browser."
          autoComplete="current-password"
          required
          withAsterisk={false}
          data-autofocus
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" loading={begin.isPending}>
          Continue
        </Button>
      </form>
    );
  const { qr, secret } = begin.data;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        confirm.mutate(code);
      }}
    >
      <Trouble error={confirm.error} />
      <div className={styles.scan}>
        <img
          className={styles.qr}
          src={`data:image/svg+xml;utf8,${encodeURIComponent(qr)}`}
          alt="QR code for an authenticator app"
        />
        <div>
          <p>Scan this with an authenticator app, or type the key into it:</p>
          <p className={styles.key}>
            <code>{secret.match(/.{1,4}/g)?.join(' ')}</code> <CopyIcon value={secret} what="key" />
          </p>
        </div>
      </div>
      <TextInput
        label="Code that the app shows"
        classNames={{ input: styles.code }}
        autoComplete="one-time-code"
        inputMode="numeric"
        placeholder="000000"
        maxLength={7}
        autoFocus
        required
        withAsterisk={false}
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      <Button type="submit" loading={confirm.isPending}>
        Turn it on
      </Button>
    </form>
  );
}

export function Trouble({ error }: { error: Error | null }) {
  return error === null ? null : (
    <p className={styles.error} role="alert">
      {error.message}
    </p>
  );
}
