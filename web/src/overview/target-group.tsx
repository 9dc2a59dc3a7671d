import { IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import { named, type Some } from '../../../src/core/fold.ts';
import { groupWords, targetsNamed } from '../../../src/core/target-groups.ts';
import type { TargetView } from '../../../src/core/view.ts';
import { formatSeconds } from '../format/numbers.ts';
import { blindText, count } from '../format/words.ts';
import { Chip, HealthIcon } from '../parts/marks.tsx';
import { TargetRow } from './target-row.tsx';
import styles from './targets.module.css';

/** Many that say the same, as one row; each of them unfolds below it. */
export function TargetGroup({ group }: { group: Some<TargetView> }) {
  const [isOpen, setOpen] = useState(false);
  const [{ health, system, blindChecks }] = group;
  const alerts = group.reduce((sum, { openAlerts }) => sum + openAlerts, 0);
  const slowest = Math.max(...group.map(({ latency }) => latency ?? 0));
  return (
    <>
      <li className={styles.row}>
        <HealthIcon health={health} />
        <div className={styles.who}>
          <button
            type="button"
            className={`${styles.name} ${styles.fold}`}
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          >
            {group.length} × {system}
            <IconChevronRight size={15} className={styles.chevron} aria-hidden />
          </button>
          {alerts > 0 ? (
            <Chip tone={health === 'critical' ? 'critical' : 'warning'}>{count(alerts, 'alert')}</Chip>
          ) : null}
          <span className={styles.detail}>
            {groupWords(group)}
            {blindChecks === undefined ? null : (
              <span className={styles.why}> · {blindText(blindChecks)}</span>
            )}
          </span>
        </div>
        <span className={styles.names}>
          {named(
            group.map(({ name }) => name),
            targetsNamed,
          )}
        </span>
        <span className={styles.latency} data-figures>
          {slowest === 0 ? null : (
            <>
              <span className={styles.hidden}>Latency </span>≤ {formatSeconds(slowest)}
            </>
          )}
        </span>
        <span className={styles.age} />
      </li>
      {isOpen ? group.map((target) => <TargetRow key={target.name} target={target} />) : null}
    </>
  );
}
