import { IconAlertTriangleFilled, IconPhone } from '@tabler/icons-react';
import type { DutyView } from '../../../src/core/oncall/view.ts';
import { formatMoment, formatPlanned } from '../format/time.ts';
import { Age } from '../parts/age.tsx';
import styles from './duty-cards.module.css';

export function DutyCards({ duties }: { duties: readonly DutyView[] }) {
  return (
    <ul className={styles.cards} aria-label="On call now">
      {duties.map((duty) => (
        <li key={duty.rotation} className={styles.card} data-gap={duty.person === null || undefined}>
          <p className={styles.rotation}>{duty.rotation}</p>
          <p className={styles.name}>
            {duty.person === null ? (
              <>
                <IconAlertTriangleFilled size={19} aria-hidden /> Nobody
              </>
            ) : (
              <>
                <IconPhone size={19} aria-hidden /> {duty.name ?? duty.person}
              </>
            )}
          </p>
          <p className={styles.soft} title={formatMoment(duty.until)}>
            {duty.person === null ? 'until ' : 'hands over '}
            <Age at={duty.until} /> · {duty.why}
          </p>
          {duty.overrideUntil === null ? null : (
            <p className={styles.soft}>
              The override ends <Planned at={duty.overrideUntil} />
            </p>
          )}
          <p className={styles.next}>
            {duty.next === null ? (
              'Nobody follows in the time ahead'
            ) : (
              <>
                Next: <strong>{duty.next.name}</strong>, <Planned at={duty.next.at} />
              </>
            )}
          </p>
        </li>
      ))}
    </ul>
  );
}

function Planned({ at }: { at: number }) {
  return <time dateTime={new Date(at).toISOString()}>{formatPlanned(at)}</time>;
}
