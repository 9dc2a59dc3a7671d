import { IconPencil } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { OnCallView } from '../api/oncall.ts';
import { levels } from '../format/levels.ts';
import { formatSpan } from '../format/time.ts';
import { SeverityMark } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import styles from './escalation.module.css';

export interface DrawnStep {
  readonly afterMs: number;
  readonly notify: readonly string[];
}

/** Who is called when, by level. */
export function EscalationPanel({ oncall }: { oncall: OnCallView }) {
  const services = Object.entries(oncall.services);
  return (
    <Panel
      title="Escalation"
      aside={
        <Link to="/oncall/escalation" className={styles.edit}>
          <IconPencil size={15} aria-hidden /> Edit the escalation
        </Link>
      }
    >
      <ul className={styles.levels} aria-label="Escalation by level">
        {levels.map((level) => {
          const policy = oncall.policies.find(({ name }) => name === oncall.policyOf[level]);
          const clocks = oncall.clocks[level];
          return (
            <li key={level} className={styles.level}>
              <p className={styles.head}>
                <SeverityMark level={level} severity={level} />
                {policy === undefined ? null : <span>policy {policy.name}</span>}
                {clocks === undefined ? null : (
                  <span>
                    {clocks.respond === null ? '' : `answer within ${limit(clocks.respond)}`}
                    {clocks.resolve === null ? '' : ` · resolve within ${limit(clocks.resolve)}`}
                  </span>
                )}
              </p>
              <Steps steps={policy?.steps ?? grouped(oncall.escalation[level])} />
              {policy?.repeat ? (
                <p className={styles.note}>
                  again {policy.repeat.times} × every {formatSpan(policy.repeat.everyMs)}, until somebody
                  acknowledges
                </p>
              ) : null}
            </li>
          );
        })}
      </ul>
      {services.length === 0 ? null : (
        <p className={styles.note}>
          Other policies:{' '}
          {services
            .map(([name, policies]) => `${name} ${[...new Set(Object.values(policies))].join(', ')}`)
            .join(' · ')}
        </p>
      )}
    </Panel>
  );
}

export function Steps({ steps }: { steps: readonly DrawnStep[] }) {
  if (steps.length === 0) return <p className={styles.nobody}>Nobody is called</p>;
  return (
    <ol className={styles.steps}>
      {steps.map(({ afterMs, notify }) => (
        <li key={afterMs} className={styles.step}>
          <span className={styles.after}>{afterMs === 0 ? 'at once' : `after ${formatSpan(afterMs)}`}</span>
          <span className={styles.who}>{notify.join(', ')}</span>
        </li>
      ))}
    </ol>
  );
}

function limit(value: number | 'next-business-day'): string {
  return value === 'next-business-day' ? 'the next business day' : formatSpan(value);
}

function grouped(steps: OnCallView['escalation']['high']): DrawnStep[] {
  const times = [...new Set(steps.map(({ afterMs }) => afterMs))].sort((a, b) => a - b);
  return times.map((afterMs) => ({
    afterMs,
    notify: steps.filter((step) => step.afterMs === afterMs).map(({ notify }) => notify),
  }));
}
