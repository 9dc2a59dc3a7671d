import { IconSeedling } from '@tabler/icons-react';
import { CodeText } from '../parts/copy.tsx';
import { Panel } from '../parts/panel.tsx';
import { Empty } from '../parts/states.tsx';
import styles from './first-steps.module.css';

const presets = [
  {
    title: 'A page or an API',
    text: 'targets:\n  web:\n    system: http\n    url: https://example.test\n    every: 10s',
  },
  {
    title: 'A PostgreSQL database',
    text: `targets:\n  db:\n    system: postgres\n    url: \${DATABASE_URL}\n    every: 15s`,
  },
  {
    title: 'A Redis cache',
    text: 'targets:\n  cache:\n    system: redis\n    url: redis://127.0.0.1:6379\n    role: cache',
  },
];

export function FirstSteps({ file }: { file: string | null }) {
  return (
    <Panel title="Add the first check">
      <Empty icon={<IconSeedling size={30} />} title="Upkeep runs and waits for something to watch">
        <p>
          Let <code>upkeep init</code> look around this machine, or put one of these into{' '}
          <code>{file ?? 'upkeep.yaml'}</code>. The file is read again as soon as it is saved.
        </p>
      </Empty>
      <div className={styles.presets}>
        {presets.map(({ title, text }) => (
          <div key={title}>
            <h3>{title}</h3>
            <CodeText text={text} what={title.toLowerCase()} />
          </div>
        ))}
      </div>
    </Panel>
  );
}
