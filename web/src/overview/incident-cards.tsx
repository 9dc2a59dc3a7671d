import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { openSince, openWords, summarySeenAt } from '../../../src/core/incident/reopen.ts';
import type { ActionView, IncidentView } from '../../../src/core/view.ts';
import { actionsQuery } from '../api/queries.ts';
import { formatClock } from '../format/time.ts';
import { count, liveStates, statusWords } from '../format/words.ts';
import { Hold } from '../incidents/hold.tsx';
import { Age, Span } from '../parts/age.tsx';
import { ActionMark, SeverityMark } from '../parts/marks.tsx';
import styles from './incident-cards.module.css';

export function IncidentCards({ incidents }: { incidents: readonly IncidentView[] }) {
  const actions = useQuery(actionsQuery);
  return (
    <section aria-label="Open incidents" className={styles.list}>
      {incidents.map((incident) => (
        <IncidentCard
          key={incident.id}
          incident={incident}
          action={actions.data?.find(
            ({ incidentId, state }) => incidentId === incident.id && liveStates.includes(state),
          )}
        />
      ))}
    </section>
  );
}

function IncidentCard({ incident, action }: { incident: IncidentView; action: ActionView | undefined }) {
  const heading = `incident-${incident.id}`;
  const seenAt = summarySeenAt(incident);
  return (
    <article className={styles.card} data-tone={incident.level} aria-labelledby={heading}>
      <div className={styles.top}>
        <SeverityMark level={incident.level} severity={incident.severity} />
        <span className={styles.status}>{statusWords[incident.status]}</span>
        <span className={styles.age}>
          {openWords(incident)} <Span from={openSince(incident)} to={null} />
        </span>
      </div>
      <h2 id={heading} className={styles.title}>
        <Link to="/incidents/$id" params={{ id: incident.id }}>
          {incident.title}
        </Link>
      </h2>
      {incident.summary === null ? null : (
        <p className={styles.summary}>
          {incident.summary}
          {seenAt === null ? '' : ` · seen ${formatClock(seenAt)}`}
        </p>
      )}
      <dl className={styles.facts}>
        <Fact name="Led by">{incident.lead}</Fact>
        <Fact name="Affects">
          {incident.services.length === 0 ? 'no service' : incident.services.join(', ')}
        </Fact>
        <Fact name="Firing">
          <Hold incident={incident}>{count(incident.firingAlerts, 'alert')}</Hold>
        </Fact>
        <Fact name={incident.acknowledgedAt === null ? 'Taken by' : 'Acknowledged'}>
          {incident.acknowledgedAt === null ? (
            'nobody yet'
          ) : (
            <>
              {incident.takenBy ?? incident.acknowledgedBy ?? 'somebody'},{' '}
              <Age at={incident.acknowledgedAt} />
            </>
          )}
        </Fact>
      </dl>
      <Doing action={action} incident={incident} />
    </article>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** What is being done about it. */
function Doing({ action, incident }: { action: ActionView | undefined; incident: IncidentView }) {
  if (action === undefined) {
    return (
      <p className={styles.doing}>
        {incident.status === 'mitigated'
          ? 'The symptom is gone; recovery is watched before it resolves.'
          : 'No action is under way.'}
      </p>
    );
  }
  return (
    <div className={styles.doing}>
      <ActionMark state={action.state} />
      <span className={styles.plan}>{action.plan.summary}</span>
      {action.state === 'awaiting-approval' ? (
        <Link to="/actions" className={styles.decide}>
          Review and decide
        </Link>
      ) : null}
    </div>
  );
}
