import { useQuery } from '@tanstack/react-query';
import { sessionQuery } from '../api/queries.ts';
import { PageHead } from '../parts/panel.tsx';
import { useTitle } from '../parts/title.ts';
import { Appearance } from './appearance.tsx';
import { ConfigurationPanel } from './configuration-panel.tsx';
import { NotifierPanel } from './notifier-panel.tsx';
import { OwnPanel } from './own-panel.tsx';
import { PeoplePanel } from './people-panel.tsx';
import { isAdmin } from './roles.ts';
import { SessionPanel } from './session-panel.tsx';
import styles from './settings.module.css';
import { TokenPanel } from './token-panel.tsx';

export function SettingsPage() {
  useTitle('Settings');
  const account = useQuery(sessionQuery).data?.account;
  const isOneOfAdmins = account != null && isAdmin(account.role);
  return (
    <>
      <PageHead
        title="Settings"
        lead="What is watched and how is written in one file and only shown here. People and tokens are kept here."
      />
      <div className={styles.stack}>
        <ConfigurationPanel />
        <NotifierPanel />
        {account == null ? null : <OwnPanel account={account} />}
        {account == null ? null : <SessionPanel account={account.name} />}
        {isOneOfAdmins ? <PeoplePanel account={account} /> : null}
        {isOneOfAdmins ? <TokenPanel /> : null}
        <Appearance />
      </div>
    </>
  );
}
