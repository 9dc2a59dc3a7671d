import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import styles from './door.module.css';
import { Door } from './door.tsx';

const digits = 6;

/** The second step of signing in. */
export function CodeStep({
  isPending,
  error,
  onCode,
  onBack,
}: {
  isPending: boolean;
  error: string | undefined;
  onCode: (code: string) => void;
  onBack: () => void;
}) {
  const [code, setCode] = useState('');
  const [isRecovery, setRecovery] = useState(false);
  return (
    <Door
      title="One more step"
      lead={
        isRecovery
          ? 'Type one of the recovery codes that you kept. Each is good once.'
          : 'Type the code that your authenticator app shows now.'
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          onCode(code);
        }}
      >
        {error === undefined ? null : (
          <p className={styles.error} role="alert">
            {error}
          </p>
        )}
        <TextInput
          key={String(isRecovery)}
          label={isRecovery ? 'Recovery code' : 'Code'}
          classNames={{ input: isRecovery ? styles.recovery : styles.code }}
          autoComplete="one-time-code"
          inputMode={isRecovery ? 'text' : 'numeric'}
          placeholder={isRecovery ? 'abcd-efgh-jkmn-pqrs' : '000000'}
          maxLength={isRecovery ? 40 : digits + 1}
          autoFocus
          required
          withAsterisk={false}
          size="md"
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <Button type="submit" size="md" mt={6} loading={isPending}>
          Sign in
        </Button>
        <div className={styles.ways}>
          <button
            type="button"
            onClick={() => {
              setRecovery(!isRecovery);
              setCode('');
            }}
          >
            {isRecovery ? 'Use the app instead' : 'Use a recovery code'}
          </button>
          <button type="button" onClick={onBack}>
            Start again
          </button>
        </div>
      </form>
    </Door>
  );
}
