import { IconBellOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { configurationQuery } from '../api/queries.ts';
import { Panel } from '../parts/panel.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import styles from './settings.module.css';

export function NotifierPanel() {
  const configuration = useQuery(configurationQuery);
  return (
    <Panel title="Notifiers" count={configuration.data?.notifiers.length} flush>
      <Loaded query={configuration} rows={2}>
        {(data) =>
          data.notifiers.length === 0 ? (
            <Empty icon={<IconBellOff size={26} />} title="Nobody is told">
              Name a notifier under <code>notify:</code> and use it in <code>oncall.escalation</code>.
            </Empty>
          ) : (
            <ul aria-label="Notifiers">
              {data.notifiers.map(({ name, kind }) => (
                <li key={name} className={styles.row}>
                  <strong>{name}</strong>
                  <span className={styles.soft}>{kind}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}
