import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { grouped } from '../../../src/core/fold.ts';
import { openSince, openWords } from '../../../src/core/incident/reopen.ts';
import type { IncidentDetail } from '../../../src/core/view.ts';
import { ActionCard } from '../actions/action-card.tsx';
import { incidentQuery } from '../api/queries.ts';
import { ApiError } from '../api/request.ts';
import { actionWords, count, liveStates, statusWords } from '../format/words.ts';
import { Span } from '../parts/age.tsx';
import { Group } from '../parts/fold.tsx';
import { SeverityMark } from '../parts/marks.tsx';
import { NotFound } from '../parts/not-found.tsx';
import { PageHead, Panel } from '../parts/panel.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { AlertList } from './alert-list.tsx';
import { Clocks } from './clocks.tsx';
import { DependencyPanel } from './dependency-panel.tsx';
import { Diagnosis } from './diagnosis.tsx';
import { Hold } from './hold.tsx';
import styles from './incident.module.css';
import { IncidentButtons } from './incident-buttons.tsx';
import { IncidentFacts } from './incident-facts.tsx';
import { PostmortemPanel } from './postmortem-panel.tsx';
import { Progress } from './progress.tsx';
import { Runbooks } from './runbooks.tsx';
import { Timeline } from './timeline.tsx';
import { UpdatesPanel } from './updates-panel.tsx';

export function IncidentPage() {
  const { id } = useParams({ from: '/incidents/$id' });
  const incident = useQuery(incidentQuery(id));
  useTitle(incident.data?.title ?? 'Incident');
  if (incident.error instanceof ApiError && incident.error.status === 404) return <NotFound />;
  return (
    <Loaded query={incident} rows={6}>
      {(data) => <Incident incident={data} />}
    </Loaded>
  );
}

function Incident({ incident }: { incident: IncidentDetail }) {
  return (
    <>
      <PageHead
        above={
          <>
            <Link to="/incidents">Incidents</Link>
            <span aria-hidden>/</span>
            <SeverityMark level={incident.level} severity={incident.severity} />
            <strong className={styles.status}>{statusWords[incident.status]}</strong>
            <span>
              {incident.resolvedAt === null ? openWords(incident) : 'after'}{' '}
              <Span from={openSince(incident)} to={incident.resolvedAt} />
            </span>
            <span className={styles.hold}>
              <Hold incident={incident} />
            </span>
          </>
        }
        title={incident.title}
        lead={incident.summary ?? undefined}
        aside={<IncidentButtons incident={incident} />}
      />
      <Progress incident={incident} />
      <Clocks incident={incident} />
      <JumpLinks incident={incident} />
      <div className={styles.columns}>
        <div className={styles.main}>
          <Diagnosis incident={incident} />
          <DependencyPanel incident={incident} />
          <Panel title="Actions" id="actions" count={incident.actions.length} flush>
            {incident.actions.length === 0 ? (
              <Empty title="No action was proposed">
                Upkeep proposes an action where a finding recommends one that the guard’s policy names.
              </Empty>
            ) : (
              <Actions actions={incident.actions} />
            )}
          </Panel>
          <UpdatesPanel incident={incident} />
          <Timeline id={incident.id} entries={incident.timeline} />
        </div>
        <aside className={styles.side} aria-label="About this incident">
          <IncidentFacts incident={incident} />
          <PostmortemPanel incident={incident} />
          <AlertList alerts={incident.alerts} />
          <Runbooks runbooks={incident.runbooks} />
        </aside>
      </div>
    </>
  );
}

/** What is under way or waits, and what ended last; what ended before that is a line until somebody asks for it. */
function Actions({ actions }: { actions: IncidentDetail['actions'] }) {
  const isLive = ({ state }: { state: (typeof actions)[number]['state'] }) => liveStates.includes(state);
  const over = actions
    .filter((action) => !isLive(action))
    .toSorted((a, b) => (b.endedAt ?? b.proposedAt) - (a.endedAt ?? a.proposedAt));
  const earlier = over.length > 2 ? over.slice(1) : [];
  return (
    <>
      {actions
        .filter((action) => !earlier.includes(action))
        .map((action) => (
          <ActionCard key={action.id} action={action} isWithin />
        ))}
      {earlier.length === 0 ? null : (
        <Group name="Before that" note={endsInWords(earlier)}>
          {earlier.map((action) => (
            <ActionCard key={action.id} action={action} isWithin />
          ))}
        </Group>
      )}
    </>
  );
}

/** `3 done, 1 undone` */
function endsInWords(actions: IncidentDetail['actions']): string {
  return grouped(actions, ({ state }) => state)
    .map((group) => `${group.length} ${actionWords[group[0].state].word.toLowerCase()}`)
    .join(', ');
}

/** On a phone everything is one column: what is wanted first at night is one tap away. */
function JumpLinks({ incident: { findings, actions, runbooks } }: { incident: IncidentDetail }) {
  const waiting = actions.filter(({ state }) => state === 'awaiting-approval').length;
  return (
    <nav className={styles.jumps} aria-label="On this page">
      <a href="#why">{findings.length === 0 ? 'Evidence' : 'Cause'}</a>
      {actions.length === 0 ? null : (
        <a href="#actions">{waiting === 0 ? 'Actions' : `${count(waiting, 'action')} to decide`}</a>
      )}
      {runbooks.length === 0 ? null : <a href="#runbook">Runbook</a>}
      <a href="#timeline">Timeline</a>
    </nav>
  );
}
