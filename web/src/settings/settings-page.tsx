import { PageHead } from '../parts/panel.tsx';
import { useTitle } from '../parts/title.ts';
import { Appearance } from './appearance.tsx';
import { ConfigurationPanel } from './configuration-panel.tsx';
import { NotifierPanel } from './notifier-panel.tsx';
import styles from './settings.module.css';
import { TokenPanel } from './token-panel.tsx';

export function SettingsPage() {
  useTitle('Settings');
  return (
    <>
      <PageHead
        title="Settings"
        lead="What is watched and how is written in one file; what is here is only shown."
      />
      <div className={styles.stack}>
        <ConfigurationPanel />
        <NotifierPanel />
        <TokenPanel />
        <Appearance />
      </div>
    </>
  );
}
