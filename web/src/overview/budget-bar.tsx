import { formatRatio } from '../format/numbers.ts';
import styles from './budget-bar.module.css';

/** Below a quarter the rest of the month can no longer take a bad hour. */
const scarce = 0.25;

export function BudgetBar({ left, service }: { left: number | null; service: string }) {
  if (left === null) return <span className={styles.none}>no objective</span>;
  const tone = left <= 0 ? 'critical' : left < scarce ? 'warning' : 'ok';
  const text = left < 0 ? `overspent by ${formatRatio(-left, 0)}` : `${formatRatio(left, 0)} left`;
  const share = Math.max(0, Math.min(1, left));
  return (
    <div className={styles.budget} data-tone={tone}>
      <meter className={styles.meter} aria-label={`Error budget of ${service}`} min={0} max={1} value={share}>
        {text}
      </meter>
      <div className={styles.track} aria-hidden>
        <div className={styles.fill} style={{ width: `${share * 100}%` }} />
      </div>
      <span className={styles.text}>{text}</span>
    </div>
  );
}
