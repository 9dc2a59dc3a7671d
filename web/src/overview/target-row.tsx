import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { TargetView } from '../../../src/core/view.ts';
import { formatSeconds, unknownText } from '../format/numbers.ts';
import { blindText, count } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import { Heartbeat } from '../parts/heartbeat.tsx';
import { Chip, HealthIcon } from '../parts/marks.tsx';
import styles from './targets.module.css';

export const TargetRow = memo(function TargetRow({ target }: { target: TargetView }) {
  return (
    <li className={styles.row}>
      <HealthIcon health={target.health} />
      <div className={styles.who}>
        <Link to="/targets/$name" params={{ name: target.name }} className={styles.name}>
          {target.name}
        </Link>
        <span className={styles.system}>{target.system}</span>
        {target.openAlerts > 0 ? (
          <Chip tone={target.health === 'critical' ? 'critical' : 'warning'}>
            {count(target.openAlerts, 'alert')}
          </Chip>
        ) : null}
        <span className={styles.detail} title={target.address}>
          {target.why && target.openAlerts > 0 ? (
            <strong className={styles.why}>{target.why} · </strong>
          ) : null}
          {target.detail}
          {target.blindChecks === undefined ? null : (
            <span className={styles.why}> · {blindText(target.blindChecks)}</span>
          )}
        </span>
      </div>
      <div className={styles.beat}>
        <Heartbeat recent={target.recent} lastAt={target.lastAt} everyMs={target.everyMs} />
      </div>
      <span className={styles.latency} data-figures>
        {target.hasLatency === false ? null : (
          <>
            <span className={styles.hidden}>Latency </span>
            {target.latency === null ? unknownText : formatSeconds(target.latency)}
          </>
        )}
      </span>
      <span className={styles.age}>{target.lastAt === null ? 'never' : <Age at={target.lastAt} />}</span>
    </li>
  );
});
