import type { ActionView } from '../../../src/core/view.ts';
import { formatMoment, formatSpan } from '../format/time.ts';
import { CopyIcon } from '../parts/copy.tsx';
import { BeforeAfter, Facts } from '../parts/facts.tsx';
import { Prose } from '../parts/prose.tsx';
import styles from './action-card.module.css';
import { CheckList } from './check-list.tsx';
import { Steps } from './steps.tsx';

export function ActionDetail({ action }: { action: ActionView }) {
  const { plan } = action;
  return (
    <div className={styles.detail}>
      <Part title={`What ${action.appliedAt === null ? 'would be' : 'was'} run, word for word`}>
        <Steps steps={plan.steps} />
      </Part>
      {Object.keys(plan.input).length === 0 ? null : (
        <Part title="Input">
          <Facts facts={plan.input} />
        </Part>
      )}
      <Part title={action.after === null ? 'What was true when it was planned' : 'Before and after'}>
        <BeforeAfter before={plan.before} after={action.after} />
      </Part>
      <Part title="What must be true afterwards">
        <p>{plan.expect}</p>
        <p className={styles.soft}>
          Watched for up to {formatSpan(plan.verifyWithinMs)}, and must hold for {formatSpan(plan.holdMs)}.
        </p>
      </Part>
      <Part title={plan.undo.possible ? 'Can be undone' : 'Cannot be undone'}>
        <p className={styles.lines}>{plan.undo.how}</p>
      </Part>
      {action.judgement.checks === undefined ? null : (
        <Part title="Check-list">
          <CheckList checks={action.judgement.checks} />
        </Part>
      )}
      <Part title="Who and when">
        <Facts facts={story(action)} />
      </Part>
      <Part title="Digest">
        <p className={styles.digest}>
          <code>{action.digest}</code> <CopyIcon value={action.digest} what="digest" />
        </p>
      </Part>
      {action.report === null ? null : (
        <Part title="Completion report">
          <details>
            <summary>All of the above and more as one text, to hand over</summary>
            <Prose text={action.report} />
          </details>
        </Part>
      )}
    </div>
  );
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className={styles.part}>
      <h4>{title}</h4>
      {children}
    </section>
  );
}

function story(action: ActionView): Record<string, string> {
  const facts: Record<string, string> = {
    Proposed: `${action.proposedBy}, ${formatMoment(action.proposedAt)}`,
  };
  if (action.approvedAt !== null) {
    facts.Approved = `${action.approvedBy ?? 'unknown'}, ${formatMoment(action.approvedAt)}`;
  }
  if (action.appliedAt !== null) facts.Applied = formatMoment(action.appliedAt);
  if (action.endedAt !== null) facts.Ended = formatMoment(action.endedAt);
  return facts;
}
