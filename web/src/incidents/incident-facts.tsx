import { Link } from '@tanstack/react-router';
import { Fragment } from 'react';
import type { IncidentDetail } from '../../../src/core/view.ts';
import { Moment } from '../parts/age.tsx';
import { CopyIcon } from '../parts/copy.tsx';
import { Panel } from '../parts/panel.tsx';
import styles from './incident.module.css';

export function IncidentFacts({ incident }: { incident: IncidentDetail }) {
  return (
    <Panel title="Impact">
      <dl className={styles.facts}>
        <Fact name="Led by">
          <Targets names={[incident.lead]} />
        </Fact>
        <Fact name="Services">{incident.services.length === 0 ? 'none' : incident.services.join(', ')}</Fact>
        <Fact name="Targets">
          <Targets names={incident.targets} />
        </Fact>
        <Fact name="Opened">
          <Moment at={incident.openedAt} />
        </Fact>
        {incident.acknowledgedAt === null ? null : (
          <Fact name="Taken by">
            {incident.acknowledgedBy ?? 'unknown'}
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

function Targets({ names }: { names: readonly string[] }) {
  return names.map((name, index) => (
    <Fragment key={name}>
      {index === 0 ? '' : ', '}
      <Link to="/targets/$name" params={{ name }}>
        {name}
      </Link>
    </Fragment>
  ));
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
