import { budgetNote } from '../../../src/core/burn-rate/worst-budget.ts';
import type { ServiceView } from '../../../src/core/view.ts';
import styles from './budget-bar.module.css';

/** Below a quarter the rest of the month can no longer take a bad hour. */
const scarce = 0.25;

export function BudgetBar({ service }: { service: ServiceView }) {
  const { budget, budgetLeft: share, budgets } = service;
  if (budget === null) return <span className={styles.none}>no objective</span>;
  const { share: text } = budget;
  const span = budgetNote(budget, budgets.length);
  if (share === null)
    return (
      <span className={styles.none}>
        {text}, {span}
      </span>
    );
  const tone =
    share <= 0 || budget.burns === 'page'
      ? 'critical'
      : share < scarce || budget.burns === 'ticket'
        ? 'warning'
        : 'ok';
  return (
    <div className={styles.budget} data-tone={tone}>
      <meter
        className={styles.meter}
        aria-label={`Error budget of ${service.name}, ${span}`}
        min={0}
        max={1}
        value={share}
      >
        {text}
      </meter>
      <div className={styles.track} aria-hidden>
        <div className={styles.fill} style={{ width: `${share * 100}%` }} />
      </div>
      <span className={styles.text}>{text}</span>
      <span className={styles.span}>{span}</span>
    </div>
  );
}
