import { Button } from '@mantine/core';
import { IconMoodSmile, IconSpeakerphone } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { type IncidentFilter, incidentsQuery } from '../api/incidents.ts';
import { PageHead, Panel } from '../parts/panel.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { Tabs, tabClass } from '../parts/tabs.tsx';
import { useTitle } from '../parts/title.ts';
import { DeclareDialog } from './declare-dialog.tsx';
import { IncidentFilters } from './incident-filters.tsx';
import { IncidentRow } from './incident-row.tsx';
import styles from './incidents.module.css';
import { Statistics } from './statistics.tsx';

const statuses: readonly { status: IncidentFilter; word: string }[] = [
  { status: 'open', word: 'Open' },
  { status: 'unacknowledged', word: 'Nobody on it' },
  { status: 'resolved', word: 'Resolved' },
  { status: 'all', word: 'All' },
];

export function IncidentsPage() {
  useTitle('Incidents');
  const search = useSearch({ from: '/incidents' });
  const { status = 'open', ...narrow } = search;
  const incidents = useInfiniteQuery(incidentsQuery(search));
  const [isDeclaring, setDeclaring] = useState(false);
  const list = incidents.data?.pages.flat() ?? [];
  const isNarrowed = Object.values(narrow).some((value) => value !== undefined);
  return (
    <>
      <PageHead
        title="Incidents"
        lead="What people handle: alerts that belong together, led by the deepest broken dependency."
        aside={
          <PermittedButton
            needs="operate"
            variant="default"
            leftSection={<IconSpeakerphone size={17} />}
            onClick={() => setDeclaring(true)}
          >
            Declare an incident
          </PermittedButton>
        }
      />
      <Statistics />
      <Tabs label="Which incidents">
        {statuses.map((each) => (
          <Link
            key={each.status}
            to="/incidents"
            search={{ ...search, status: each.status === 'open' ? undefined : each.status }}
            className={tabClass}
            {...(each.status === status ? { 'aria-current': 'page' } : {})}
            activeProps={{}}
            activeOptions={{ exact: true, includeSearch: true, explicitUndefined: true }}
          >
            {each.word}
          </Link>
        ))}
      </Tabs>
      <Panel
        title={`${statuses.find((each) => each.status === status)?.word ?? ''} incidents`}
        count={incidents.data === undefined || incidents.hasNextPage ? undefined : list.length}
        flush
      >
        <IncidentFilters />
        {incidents.isPending ? <Loading rows={5} /> : null}
        {incidents.isError && incidents.data === undefined ? (
          <Failed error={incidents.error} retry={() => void incidents.refetch()} />
        ) : null}
        {incidents.data !== undefined && list.length === 0 ? (
          <Nothing status={status} isNarrowed={isNarrowed} />
        ) : null}
        <ul aria-label="Incidents">
          {list.map((incident) => (
            <IncidentRow key={incident.id} incident={incident} />
          ))}
        </ul>
        {incidents.hasNextPage ? (
          <div className={styles.more}>
            <Button
              variant="default"
              loading={incidents.isFetchingNextPage}
              onClick={() => void incidents.fetchNextPage()}
            >
              Load more
            </Button>
          </div>
        ) : null}
      </Panel>
      {isDeclaring ? <DeclareDialog onClose={() => setDeclaring(false)} /> : null}
    </>
  );
}

function Nothing({ status, isNarrowed }: { status: IncidentFilter; isNarrowed: boolean }) {
  if (isNarrowed)
    return (
      <Empty title="No incident is like that">
        <Link to="/incidents" search={{ status }}>
          Show them without filters
        </Link>
      </Empty>
    );
  return (
    <Empty
      icon={<IconMoodSmile size={28} />}
      title={
        status === 'open'
          ? 'Nothing is open'
          : status === 'unacknowledged'
            ? 'Somebody is on each'
            : 'None so far'
      }
    >
      {status === 'open' ? (
        <Link to="/incidents" search={{ status: 'resolved' }}>
          See the resolved ones
        </Link>
      ) : null}
    </Empty>
  );
}
