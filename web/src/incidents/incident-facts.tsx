import { Link } from '@tanstack/react-router';
import { capital } from '../../../src/core/count.ts';
import type { Impact } from '../../../src/core/incident/impact.ts';
import type { IncidentDetail } from '../../../src/core/view.ts';
import { formatCount, formatRatio } from '../format/numbers.ts';
import { Moment } from '../parts/age.tsx';
import { CopyIcon } from '../parts/copy.tsx';
import { TargetNames } from '../parts/fold.tsx';
import { Panel } from '../parts/panel.tsx';
import { Hold } from './hold.tsx';
import styles from './incident.module.css';

export function IncidentFacts({ incident }: { incident: IncidentDetail }) {
  return (
    <Panel title="Impact">
      <dl className={styles.facts}>
        <Fact name="Led by">
          <TargetNames names={[incident.lead]} />
        </Fact>
        {incident.mergedInto == null ? null : (
          <Fact name="Goes on in">
            <Link to="/incidents/$id" params={{ id: incident.mergedInto }}>
              another incident
            </Link>
          </Fact>
        )}
        {incident.declaredBy == null ? null : <Fact name="Declared by">{incident.declaredBy}</Fact>}
        <Fact name="Assigned to">{incident.assignee ?? 'nobody'}</Fact>
        {Object.entries(incident.roles ?? {}).map(([role, person]) => (
          <Fact key={role} name={capital(role)}>
            {person}
          </Fact>
        ))}
        {incident.impact === undefined ? null : <Users impact={incident.impact} />}
        <Fact name="Services">{incident.services.length === 0 ? 'none' : incident.services.join(', ')}</Fact>
        <Fact name="Targets">
          <TargetNames names={incident.targets} />
        </Fact>
        <Fact name="Opened">
          <Moment at={incident.openedAt} />
        </Fact>
        {incident.reopenedAt == null ? null : (
          <Fact name="Opened again">
            <Moment at={incident.reopenedAt} />
          </Fact>
        )}
        {incident.holdsUntil == null ? null : (
          <Fact name="Recovery">
            <Hold incident={incident} />
          </Fact>
        )}
        {incident.acknowledgedAt === null ? null : (
          <Fact name="Taken by">
            {incident.takenBy ?? incident.acknowledgedBy ?? 'unknown'}
            <span data-age>
              <Moment at={incident.acknowledgedAt} />
            </span>
          </Fact>
        )}
        {incident.resolvedAt === null ? null : (
          <Fact name="Resolved">
            <Moment at={incident.resolvedAt} />
          </Fact>
        )}
        <Fact name="Id">
          <code>{incident.id}</code> <CopyIcon value={incident.id} what="id" />
        </Fact>
      </dl>
    </Panel>
  );
}

function Users({ impact }: { impact: Impact }) {
  const { count, share, source, note } = impact.users;
  const parts = [count === null ? null : formatCount(count), share === null ? null : formatRatio(share)];
  const words = parts.filter((part) => part !== null).join(', ');
  return (
    <>
      <Fact name="Users">
        {words === '' ? 'unknown' : words}
        <span data-age>{source === 'unknown' ? 'enter them under More' : note}</span>
      </Fact>
      {impact.requestsFailed === null ? null : (
        <Fact name="Failed requests">{formatCount(impact.requestsFailed)}</Fact>
      )}
    </>
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
