import { IconMoon } from '@tabler/icons-react';
import { gapWords } from '../../../src/core/schedule.ts';
import type { Overview } from '../../../src/core/view.ts';
import { formatMoment, formatSpan } from '../format/time.ts';
import styles from './gaps.module.css';

/** Times when nothing was watched: said, so that nobody reads them as good or bad. */
export function Gaps({ gaps }: { gaps: Overview['gaps'] }) {
  const newest = gaps.at(-1);
  if (newest === undefined) return null;
  const span = formatSpan(newest.to - newest.from);
  const from = formatMoment(newest.from);
  return (
    <p className={styles.gaps}>
      <IconMoon size={15} aria-hidden />
      <span>
        {newest.why === 'clock-set-back'
          ? `The clock was set back by ${span}, to ${from}: what waits is moved with it`
          : `Not watched for ${span} from ${from}: ${gapWords(newest.why)}`}
        {gaps.length > 1 ? `, and ${gaps.length - 1} more in the last day` : ''}.
      </span>
    </p>
  );
}
