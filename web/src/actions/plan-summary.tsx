import type { ActionView } from '../../../src/core/view.ts';
import { BeforeAfter } from '../parts/facts.tsx';
import { AsOf } from './as-of.tsx';
import { CheckList } from './check-list.tsx';
import styles from './dialog.module.css';
import { Expiry } from './expiry.tsx';
import { RiskMark } from './risk-mark.tsx';
import { Steps } from './steps.tsx';

/** All that a decision rests on, in the order of the page of the action. */
export function PlanSummary({ action }: { action: ActionView }) {
  const { plan } = action;
  return (
    <div className={styles.plan}>
      <div className={styles.marks}>
        <RiskMark risk={plan.risk} isLong />
        {action.expiresAt === null ? null : <Expiry at={action.expiresAt} />}
      </div>
      <p className={styles.summary}>
        {plan.summary}
        <AsOf action={action} />
      </p>
      <dl className={styles.facts}>
        <dt>Action</dt>
        <dd>
          <code>{plan.action}</code> on {plan.target}
        </dd>
        <dt>Why</dt>
        <dd>{action.why}</dd>
        <dt>Guard</dt>
        <dd>{action.judgement.reason}</dd>
      </dl>
      <Steps steps={plan.steps} />
      <details className={styles.before}>
        <summary>What was true when it was planned</summary>
        <BeforeAfter before={plan.before} after={null} />
      </details>
      <dl className={styles.facts}>
        <dt>Expected</dt>
        <dd>{plan.expect}</dd>
        <dt>Undo</dt>
        <dd className={styles.lines}>{plan.undo.how}</dd>
        {action.judgement.checks === undefined ? null : (
          <>
            <dt>Check-list</dt>
            <dd>
              <CheckList checks={action.judgement.checks} />
            </dd>
          </>
        )}
        <dt>Digest</dt>
        <dd>
          <code>{action.digest}</code>
        </dd>
      </dl>
    </div>
  );
}
