import { Link } from '@tanstack/react-router';
import { openSince, openWords } from '../../../src/core/incident/reopen.ts';
import type { IncidentView } from '../../../src/core/view.ts';
import { count, statusWords } from '../format/words.ts';
import { Age, Span } from '../parts/age.tsx';
import { SeverityMark } from '../parts/marks.tsx';
import { Hold } from './hold.tsx';
import styles from './incidents.module.css';

export function IncidentRow({ incident }: { incident: IncidentView }) {
  return (
    <li className={styles.row}>
      <div className={styles.mark}>
        <SeverityMark level={incident.level} severity={incident.severity} />
      </div>
      <div className={styles.what}>
        <Link to="/incidents/$id" params={{ id: incident.id }} className={styles.title}>
          {incident.title}
        </Link>
        <p className={styles.sub}>
          {incident.lead}
          {incident.services.length === 0 ? '' : ` · affects ${incident.services.join(', ')}`}
          <Hold incident={incident} before=" · ">
            {incident.firingAlerts > 0 ? ` · ${count(incident.firingAlerts, 'alert')} firing` : ''}
          </Hold>
          {incident.assignee == null ? '' : ` · ${incident.assignee} has it`}
          {(incident.reopened ?? 0) > 0 ? ` · came back ${incident.reopened} ×` : ''}
          {incident.mergedInto == null ? '' : ' · merged into another'}
        </p>
      </div>
      <span className={styles.status} data-status={incident.status}>
        {statusWords[incident.status]}
      </span>
      <span className={styles.when}>
        <Age at={openSince(incident)} />
        <span className={styles.sub}>
          {incident.resolvedAt === null ? `open ${openWords(incident)} ` : 'took '}
          <Span from={openSince(incident)} to={incident.resolvedAt} />
        </span>
      </span>
    </li>
  );
}
