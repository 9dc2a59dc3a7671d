import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useSignIn } from '../api/changes.ts';
import { useTitle } from '../parts/title.ts';
import styles from './door.module.css';
import { Door } from './door.tsx';

export function SignInPage() {
  useTitle('Sign in');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useSignIn();
  return (
    <Door title="Sign in" lead="To see what runs, what does not, and why.">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate({ name, password });
        }}
      >
        {signIn.isError ? (
          <p className={styles.error} role="alert">
            {signIn.error.message}
          </p>
        ) : null}
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
    </Door>
  );
}
