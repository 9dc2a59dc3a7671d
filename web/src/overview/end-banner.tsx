import { IconAlertTriangle } from '@tabler/icons-react';
import { endWords } from '../../../src/core/own-end.ts';
import type { Overview } from '../../../src/core/view.ts';
import { formatMoment, formatSpan } from '../format/time.ts';
import styles from './configuration-banner.module.css';

/** The run before was not told to end: said, since nobody watched from then until the start. */
export function EndBanner({
  end,
  startedAt,
}: {
  end: NonNullable<Overview['endedBefore']>;
  startedAt: number;
}) {
  return (
    <section className={styles.banner} aria-labelledby="ended-before">
      <IconAlertTriangle size={20} className={styles.icon} aria-hidden />
      <div className={styles.body}>
        <h2 id="ended-before">
          Upkeep {end.kind === 'failed' ? 'itself failed' : 'was cut off'} and was started again
        </h2>
        <p className={styles.text}>
          It {endWords(end)}. Nothing was watched for {formatSpan(startedAt - end.at)} from{' '}
          {formatMoment(end.at)}.
        </p>
      </div>
    </section>
  );
}
