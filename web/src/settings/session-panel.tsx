import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type SessionView, sessionsQuery, useRevokeSession } from '../api/access.ts';
import { Age } from '../parts/age.tsx';
import { Chip } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import { Loaded } from '../parts/states.tsx';
import { tellDone, tellFailure } from '../parts/tell.ts';
import { browserOf } from './browser.ts';
import styles from './settings.module.css';

export function SessionPanel({ account }: { account: string }) {
  const sessions = useQuery(sessionsQuery);
  return (
    <Panel title="Signed in" count={sessions.data?.length} flush>
      <Loaded query={sessions} rows={2}>
        {(list) => (
          <ul aria-label="Sessions">
            {list.map((session) => (
              <SessionRow key={session.id} session={session} isOwn={session.account === account} />
            ))}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}

function SessionRow({ session, isOwn }: { session: SessionView; isOwn: boolean }) {
  const revoke = useRevokeSession();
  const { id, account, agent, address, method, isThis } = session;
  return (
    <li className={styles.row}>
      <div className={styles.token}>
        <strong>{isOwn ? browserOf(agent) : `${account}, ${browserOf(agent)}`}</strong>
        {isThis ? <Chip tone="ok">this browser</Chip> : null}
        <span className={styles.soft}>
          {address === '' ? null : `${address}, `}
          {method === 'password' ? null : `${methodWord(method)}, `}
          signed in <Age at={session.createdAt} />, seen <Age at={session.lastSeenAt} />
        </span>
      </div>
      {isThis ? null : (
        <Button
          size="xs"
          variant="default"
          loading={revoke.isPending}
          aria-label={`Sign ${account} out of ${browserOf(agent)}`}
          onClick={() =>
            revoke.mutate(id, {
              onSuccess: () => tellDone('That browser is signed out'),
              onError: tellFailure,
            })
          }
        >
          Sign out
        </Button>
      )}
    </li>
  );
}

function methodWord(method: string): string {
  return method === 'second-factor' ? 'with a second factor' : `by ${method.replace(/^oidc:/, '')}`;
}
