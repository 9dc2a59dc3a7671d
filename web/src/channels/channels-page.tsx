import { PageHead } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { useTitle } from '../parts/title.ts';
import { HeartbeatPanel } from './heartbeat-panel.tsx';
import { NotifierList } from './notifier-list.tsx';

export function ChannelsPage() {
  useTitle('Channels');
  return (
    <>
      <PageHead title="Channels" lead="How people are told, and which jobs tell Upkeep that they ran." />
      <div className={rows.stack}>
        <NotifierList />
        <HeartbeatPanel />
      </div>
    </>
  );
}
