import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSignIn } from '../api/changes.ts';
import { sessionQuery } from '../api/queries.ts';
import { ApiError } from '../api/request.ts';
import { useTitle } from '../parts/title.ts';
import { CodeStep } from './code-step.tsx';
import styles from './door.module.css';
import { Door } from './door.tsx';
import { Providers, providerTrouble } from './providers.tsx';

export function SignInPage() {
  useTitle('Sign in');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [asksCode, setAsksCode] = useState(false);
  const [trouble] = useState(() => providerTrouble(window.location.hash));
  const session = useQuery(sessionQuery);
  const signIn = useSignIn();
  const needsCode = signIn.error instanceof ApiError && signIn.error.code === 'code-needed';
  const message = needsCode ? undefined : (signIn.error?.message ?? trouble);

  if (asksCode)
    return (
      <CodeStep
        isPending={signIn.isPending}
        error={message}
        onCode={(code) => signIn.mutate({ name, password, code })}
        onBack={() => {
          setAsksCode(false);
          setPassword('');
          signIn.reset();
        }}
      />
    );
  return (
    <Door title="Sign in" lead="To see what runs, what does not, and why.">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate(
            { name, password },
            {
              onError: (error) => setAsksCode(error instanceof ApiError && error.code === 'code-needed'),
            },
          );
        }}
      >
        {message === undefined ? null : (
          <p className={styles.error} role="alert">
            {message}
          </p>
        )}
        <TextInput
          label="Name"
          autoComplete="username"
          autoFocus
          required
          withAsterisk={false}
          size="md"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          size="md"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" size="md" mt={6} loading={signIn.isPending}>
          Sign in
        </Button>
      </form>
      <Providers providers={session.data?.providers ?? []} />
    </Door>
  );
}
