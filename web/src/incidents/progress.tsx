import { IconCheck } from '@tabler/icons-react';
import type { IncidentDetail } from '../../../src/core/view.ts';
import { formatSpan } from '../format/time.ts';
import { Age } from '../parts/age.tsx';
import styles from './progress.module.css';

/** Opened, acknowledged, mitigated, resolved: each with how long it took. */
export function Progress({ incident }: { incident: IncidentDetail }) {
  const stages = [
    { word: 'Opened', at: incident.openedAt },
    { word: 'Acknowledged', at: incident.acknowledgedAt },
    { word: 'Mitigated', at: incident.mitigatedAt },
    { word: 'Resolved', at: incident.resolvedAt },
  ];
  return (
    <ol className={styles.track} aria-label="Progress">
      {stages.map(({ word, at }) => (
        <li key={word} className={styles.stage} data-reached={at !== null || undefined}>
          <span className={styles.dot} aria-hidden>
            {at === null ? null : <IconCheck size={12} stroke={3} />}
          </span>
          <span className={styles.word}>{word}</span>
          <span className={styles.when}>
            {at === null ? (
              incident.resolvedAt === null ? (
                'not yet'
              ) : (
                'left out'
              )
            ) : at === incident.openedAt ? (
              <Age at={at} />
            ) : (
              `after ${formatSpan(at - incident.openedAt)}`
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}
