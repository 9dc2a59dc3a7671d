import { useQuery } from '@tanstack/react-query';
import { Outlet, useLocation } from '@tanstack/react-router';
import { sessionQuery } from '../api/queries.ts';
import { Failed, Loading } from '../parts/states.tsx';
import { Shell } from '../shell/shell.tsx';
import { EnrolPage } from './enrol-page.tsx';
import { SetupPage } from './setup-page.tsx';
import { SignInPage } from './sign-in-page.tsx';

/** Nothing of the dashboard is shown without an account; the address is kept for after signing in. */
export function Gate() {
  const session = useQuery(sessionQuery);
  const { pathname } = useLocation();
  if (session.data === undefined) {
    return session.isError ? (
      <Failed error={session.error} retry={() => void session.refetch()} />
    ) : (
      <Loading rows={3} label="Loading Upkeep" />
    );
  }
  const { account, needsSetup } = session.data;
  if (account === null) return needsSetup || pathname === '/setup' ? <SetupPage /> : <SignInPage />;
  if (account.mustEnrol) return <EnrolPage name={account.name} />;
  return (
    <Shell account={account}>
      <Outlet />
    </Shell>
  );
}
