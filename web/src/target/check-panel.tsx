import { IconEyeOff } from '@tabler/icons-react';
import type { CheckView } from '../../../src/core/view.ts';
import { formatMoment, formatSpan } from '../format/time.ts';
import { Age } from '../parts/age.tsx';
import { CodeText } from '../parts/copy.tsx';
import { HealthIcon } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import { Empty } from '../parts/states.tsx';
import styles from './check-panel.module.css';

const whyWords = {
  unreachable: 'no answer on the network',
  refused: 'turned away',
  timeout: 'no answer in time',
  denied: 'credentials not accepted',
  'broken-probe': 'Upkeep could not run this check; says nothing of the target',
};

export function CheckPanel({ checks }: { checks: readonly CheckView[] }) {
  return (
    <Panel title="Checks" count={checks.length} flush>
      {checks.length === 0 ? <Empty title="No check runs on this target" /> : null}
      <ul aria-label="Checks">
        {checks.map((check) => (
          <Check key={check.probe} check={check} />
        ))}
      </ul>
    </Panel>
  );
}

function healthOf(check: CheckView): 'ok' | 'critical' | 'warning' | 'unknown' {
  if (check.ok === null || check.why === 'broken-probe') return 'unknown';
  if (!check.ok) return 'critical';
  return check.missing.length > 0 ? 'warning' : 'ok';
}

function Check({ check }: { check: CheckView }) {
  return (
    <li className={styles.check}>
      <div className={styles.head}>
        <HealthIcon health={healthOf(check)} />
        <code className={styles.probe}>{check.probe}</code>
        <span className={styles.result}>
          {check.why === null ? '' : `${whyWords[check.why]}: `}
          {check.detail === ''
            ? check.ok === null
              ? `has not run yet${check.dueAt === undefined ? '' : `, first look due ${formatMoment(check.dueAt)}`}`
              : check.ok
                ? 'ran'
                : 'failed'
            : check.detail}
        </span>
        <span className={styles.when}>
          {check.lastAt === null ? 'never' : <Age at={check.lastAt} />}
          {check.lastMs === null ? '' : `, took ${Math.round(check.lastMs)} ms`}, every{' '}
          {formatSpan(check.everyMs)}
        </span>
      </div>
      {check.missing.map((missing) => (
        <div key={missing.reason} className={styles.missing}>
          <p>
            <IconEyeOff size={16} aria-hidden />
            <span>
              <strong>Cannot be seen:</strong> {missing.reason}
              {missing.metrics.includes('*')
                ? ''
                : `. Unknown for this reason: ${missing.metrics.join(', ')}`}
            </span>
          </p>
          <CodeText text={missing.remedy} what="remedy" />
        </div>
      ))}
    </li>
  );
}
