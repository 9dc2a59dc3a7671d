import { Link } from '@tanstack/react-router';
import type { IncidentDetail } from '../../../src/core/view.ts';
import { count } from '../format/words.ts';
import { Panel } from '../parts/panel.tsx';

export function PostmortemPanel({ incident }: { incident: IncidentDetail }) {
  const open = (incident.actionItems ?? []).filter(({ endedAt }) => endedAt === null).length;
  return (
    <Panel title="Post-mortem">
      <p>
        {incident.resolvedAt === null
          ? 'Written from the journal as it goes. '
          : 'Written from the journal. '}
        {open === 0 ? '' : `${count(open, 'action item')} to do. `}
        <Link to="/incidents/$id/postmortem" params={{ id: incident.id }}>
          Read and edit it
        </Link>
      </p>
    </Panel>
  );
}
