import { IconSend } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { IncidentView } from '../../../src/core/view.ts';
import { updatesQuery } from '../api/incidents.ts';
import { overviewQuery } from '../api/queries.ts';
import { UpdateDialog } from '../incidents/update-dialog.tsx';
import { Age } from '../parts/age.tsx';
import { Chip, SeverityMark } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import { Prose } from '../parts/prose.tsx';
import rows from '../parts/rows.module.css';
import { Empty, Loaded } from '../parts/states.tsx';

/** Open incidents with what readers of the page were told of each last. */
export function PublicUpdates() {
  const overview = useQuery(overviewQuery);
  return (
    <Panel title="Updates on open incidents" count={overview.data?.incidents.length} flush>
      <Loaded query={overview} rows={2}>
        {({ incidents }) =>
          incidents.length === 0 ? (
            <Empty title="Nothing is open">There is nothing to tell.</Empty>
          ) : (
            <ul aria-label="Open incidents">
              {incidents.map((incident) => (
                <Row key={incident.id} incident={incident} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Row({ incident }: { incident: IncidentView }) {
  const updates = useQuery(updatesQuery(incident.id));
  const [isTelling, setTelling] = useState(false);
  const last = updates.data?.updates.findLast(({ isPublic }) => isPublic);
  return (
    <li className={rows.row}>
      <div className={rows.what}>
        <p className={rows.marks}>
          <SeverityMark level={incident.level} severity={incident.severity} />
          <Link to="/incidents/$id" params={{ id: incident.id }} className={rows.title}>
            {incident.title}
          </Link>
        </p>
        {last === undefined ? (
          <p className={rows.sub}>Nobody wrote about it on the page yet.</p>
        ) : (
          <>
            <p className={rows.sub}>
              <Chip tone="low">{last.status}</Chip> by {last.by}, <Age at={last.at} />
            </p>
            <Prose text={last.text} />
          </>
        )}
      </div>
      <div className={rows.aside}>
        <PermittedButton
          needs="operate"
          variant="default"
          size="xs"
          leftSection={<IconSend size={15} />}
          aria-label={`Post an update on ${incident.title}`}
          disabled={updates.data === undefined}
          onClick={() => setTelling(true)}
        >
          Post an update
        </PermittedButton>
      </div>
      {isTelling && updates.data !== undefined ? (
        <UpdateDialog incident={incident} view={updates.data} isForPage onClose={() => setTelling(false)} />
      ) : null}
    </li>
  );
}
