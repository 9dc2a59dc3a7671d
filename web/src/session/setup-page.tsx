import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useSetUp } from '../api/changes.ts';
import { sessionQuery } from '../api/queries.ts';
import { useTitle } from '../parts/title.ts';
import styles from './door.module.css';
import { Door } from './door.tsx';
import { readName, readToken } from './token.ts';

const shortestPassword = 10;

export function SetupPage() {
  useTitle('Your account');
  const [token, setToken] = useState(() =>
    window.location.hash === '' ? '' : readToken(window.location.hash),
  );
  const hadToken = useState(token !== '')[0];
  const [given] = useState(() => readName(window.location.hash));
  const [name, setName] = useState(given);
  const isFirst = useQuery(sessionQuery).data?.needsSetup ?? true;
  const [password, setPassword] = useState('');
  const setUp = useSetUp();
  useLeaveWhenIn();
  const isShort = password !== '' && password.length < shortestPassword;

  return (
    <Door
      title="Welcome"
      lead={
        hadToken && !isFirst
          ? 'Whoever was invited chooses here how to sign in. The link is good once: where it was used, sign in.'
          : hadToken
            ? 'Create the owner’s account. It may do everything, so give it a password of its own.'
            : !isFirst
              ? 'Paste the one-time link that you were given.'
              : 'This Upkeep has no owner yet. Open the one-time link that it printed when it started, or paste it here.'
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          setUp.mutate({ token: readToken(token), name, password });
        }}
      >
        {setUp.isError ? (
          <p className={styles.error} role="alert">
            {setUp.error.message}
          </p>
        ) : null}
        {hadToken ? null : (
          <TextInput
            label="One-time link"
            required
            withAsterisk={false}
            size="md"
            placeholder="http://127.0.0.1:4747/setup#token=…"
            autoComplete="off"
            value={token}
            onChange={(event) => setToken(event.currentTarget.value)}
          />
        )}
        <TextInput
          label="Name"
          autoComplete="username"
          autoFocus={hadToken}
          required
          withAsterisk={false}
          size="md"
          readOnly={given !== ''}
          {...(given === '' ? {} : { description: 'Chosen by who invited you.' })}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          description={`At least ${shortestPassword} characters; a sentence is good.`}
          autoComplete="new-password"
          required
          withAsterisk={false}
          size="md"
          minLength={shortestPassword}
          error={isShort ? `${shortestPassword - password.length} more to go` : undefined}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" size="md" mt={6} loading={setUp.isPending}>
          Create the account
        </Button>
      </form>
      {isFirst ? null : (
        <div className={styles.ways}>
          <a href="/">I have an account: sign in</a>
        </div>
      )}
    </Door>
  );
}

/** Once in, the spent link is taken out of the address and the history. */
function useLeaveWhenIn(): void {
  const { data } = useQuery(sessionQuery);
  const navigate = useNavigate();
  const isIn = data?.account != null;
  useEffect(() => {
    if (isIn) void navigate({ to: '/', replace: true, hash: '' });
  }, [isIn, navigate]);
}
