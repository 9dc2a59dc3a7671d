import { IconPlayerPause } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { SilenceView } from '../api/quiet.ts';
import { count } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import styles from './quiet.module.css';

export function HeldAlerts({ holds }: { holds: SilenceView['holds'] }) {
  if (holds.length === 0) return null;
  return (
    <details className={styles.held} open={holds.length <= 3}>
      <summary>
        <IconPlayerPause size={14} className={styles.sign} aria-hidden /> Holds back{' '}
        {count(holds.length, 'alert')}
      </summary>
      <ul>
        {holds.map(({ rule, target, since }) => (
          <li key={`${rule} ${target} ${since}`}>
            <code>{rule}</code> on{' '}
            <Link to="/targets/$name" params={{ name: target }}>
              {target}
            </Link>
            , since <Age at={since} />
          </li>
        ))}
      </ul>
    </details>
  );
}
