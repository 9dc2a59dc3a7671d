import { IconMoodSmile } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import type { IncidentView } from '../../../src/core/view.ts';
import { type IncidentFilter, incidentsQuery } from '../api/queries.ts';
import { count, statusWords } from '../format/words.ts';
import { Age, Span } from '../parts/age.tsx';
import { SeverityMark } from '../parts/marks.tsx';
import { PageHead, Panel } from '../parts/panel.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import styles from './incidents.module.css';

const filters: readonly { status: IncidentFilter; word: string }[] = [
  { status: 'open', word: 'Open' },
  { status: 'resolved', word: 'Resolved' },
  { status: 'all', word: 'All' },
];

export function IncidentsPage() {
  useTitle('Incidents');
  const { status = 'open' } = useSearch({ from: '/incidents' });
  const incidents = useQuery(incidentsQuery(status));
  return (
    <>
      <PageHead
        title="Incidents"
        lead="What people handle: alerts that belong together, led by the deepest broken dependency."
      />
      <nav className={styles.filters} aria-label="Which incidents">
        {filters.map((filter) => (
          <Link
            key={filter.status}
            to="/incidents"
            search={{ status: filter.status === 'open' ? undefined : filter.status }}
            className={styles.filter}
            activeOptions={{ exact: true, includeSearch: true, explicitUndefined: true }}
          >
            {filter.word}
          </Link>
        ))}
      </nav>
      <Panel
        title={`${filters.find((filter) => filter.status === status)?.word ?? ''} incidents`}
        count={incidents.data?.length}
        flush
      >
        <Loaded query={incidents}>
          {(list) =>
            list.length === 0 ? (
              <Empty
                icon={<IconMoodSmile size={28} />}
                title={status === 'open' ? 'Nothing is open' : 'None so far'}
              >
                {status === 'open' ? (
                  <Link to="/incidents" search={{ status: 'resolved' }}>
                    See the resolved ones
                  </Link>
                ) : null}
              </Empty>
            ) : (
              <ul aria-label="Incidents">
                {list.map((incident) => (
                  <Row key={incident.id} incident={incident} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Panel>
    </>
  );
}

function Row({ incident }: { incident: IncidentView }) {
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
          {incident.firingAlerts > 0 ? ` · ${count(incident.firingAlerts, 'alert')} firing` : ''}
        </p>
      </div>
      <span className={styles.status} data-status={incident.status}>
        {statusWords[incident.status]}
      </span>
      <span className={styles.when}>
        <Age at={incident.openedAt} />
        <span className={styles.sub}>
          {incident.resolvedAt === null ? 'open for ' : 'took '}
          <Span from={incident.openedAt} to={incident.resolvedAt} />
        </span>
      </span>
    </li>
  );
}
