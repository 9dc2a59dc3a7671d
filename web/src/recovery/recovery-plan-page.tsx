import { Button } from '@mantine/core';
import { IconDatabaseExport } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { nothingDeclared, recoverySummary } from '../../../src/core/recovery-plan/words.ts';
import { type Procedure, recoveryPlanQuery, requestRecoveryPlan, type Way } from '../api/recovery.ts';
import { formatSpan, formatTook } from '../format/time.ts';
import { Downloads } from '../parts/downloads.tsx';
import { Chip } from '../parts/marks.tsx';
import { PageHead, Panel } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { Empty, Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import styles from './recovery.module.css';

export function RecoveryPlanPage() {
  useTitle('Recovery plan');
  const written = useQuery(recoveryPlanQuery);
  return (
    <>
      <PageHead
        title={written.data === undefined ? 'Recovery plan' : recoverySummary(written.data.plan).headline}
        lead="What to do when a database, the application or the whole place is lost, and how long it took when it was last done. Keep a copy where it can be read when this is gone."
        aside={
          <>
            <Button
              variant="default"
              leftSection={<IconDatabaseExport size={16} />}
              component={Link}
              to="/backups"
            >
              Backups
            </Button>
            <Downloads name="recovery-plan" request={requestRecoveryPlan} />
          </>
        }
      />
      <Loaded query={written} rows={6}>
        {({ plan }) => (
          <div className={rows.stack}>
            <p className={styles.when}>{recoverySummary(plan).lead}</p>
            {plan.procedures.map((procedure) => (
              <ProcedurePanel key={procedure.id} procedure={procedure} />
            ))}
          </div>
        )}
      </Loaded>
    </>
  );
}

function ProcedurePanel({ procedure: { title, when, ways, gaps } }: { procedure: Procedure }) {
  return (
    <Panel title={title} count={ways.length + gaps.length} flush>
      <p className={styles.when}>{when}</p>
      {ways.length + gaps.length === 0 ? <Empty title={nothingDeclared} /> : null}
      <ul aria-label={`Ways back: ${title}`}>
        {ways.map((way) => (
          <WayRow key={way.title} way={way} />
        ))}
        {gaps.map((gap) => (
          <li key={gap} className={rows.row}>
            <div className={rows.what}>
              <p className={styles.gap}>{gap}</p>
            </div>
            <Chip tone="critical">No way back</Chip>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const marks = {
  rehearsed: ['Rehearsed', 'ok'],
  stale: ['Too long ago', 'warning'],
  slow: ['Slower than allowed', 'warning'],
  failed: ['Failed', 'critical'],
  never: ['Never rehearsed', 'critical'],
  blocked: ['Cannot run now', 'critical'],
} as const;

function WayRow({ way }: { way: Way }) {
  const [word, tone] = marks[way.state];
  return (
    <li className={rows.row}>
      <div className={rows.what}>
        <p className={rows.title}>{way.title}</p>
        {way.said === 'never rehearsed' ? null : <p className={rows.sub}>{way.said}</p>}
        <p className={styles.times}>
          {times('RTO', way.rtoMs, way.objective?.rtoMs)}
          {times('RPO now', way.rpoMs, way.objective?.rpoMs)}
        </p>
        <ol className={styles.steps}>
          {way.steps.map((step) => (
            <li key={step}>{step.startsWith('upkeep ') ? <code>{step}</code> : step}</li>
          ))}
        </ol>
      </div>
      <Chip tone={tone}>{word}</Chip>
    </li>
  );
}

function times(what: string, measured: number | null, allowed: number | undefined) {
  if (measured === null && allowed === undefined) return null;
  const known = measured === null ? 'unknown' : formatTook(measured);
  return (
    <span>
      {what} <b>{known}</b>
      {allowed === undefined ? null : ` of ${formatSpan(allowed)} allowed`}
    </span>
  );
}
