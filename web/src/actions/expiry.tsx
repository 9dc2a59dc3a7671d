import { IconHourglass } from '@tabler/icons-react';
import { formatSpan } from '../format/time.ts';
import { useNow } from '../parts/now.ts';
import styles from './action-card.module.css';

const hurryMs = 120_000;

/** Counts down to the moment when the request for approval lapses. */
export function Expiry({ at }: { at: number }) {
  const left = at - useNow();
  return (
    <span className={styles.expiry} data-figures data-hurry={left < hurryMs || undefined}>
      <IconHourglass size={14} aria-hidden />
      {left <= 0 ? 'Expired' : `Expires in ${formatSpan(left)}`}
    </span>
  );
}
