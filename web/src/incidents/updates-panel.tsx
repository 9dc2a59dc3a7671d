import { IconSend } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { IncidentDetail } from '../../../src/core/view.ts';
import { updatesQuery } from '../api/incidents.ts';
import { Age } from '../parts/age.tsx';
import { Chip } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import { Prose } from '../parts/prose.tsx';
import rows from '../parts/rows.module.css';
import { Empty } from '../parts/states.tsx';
import { UpdateDialog } from './update-dialog.tsx';

export function UpdatesPanel({ incident }: { incident: IncidentDetail }) {
  const [isTelling, setTelling] = useState(false);
  const updates = useQuery(updatesQuery(incident.id));
  const told = incident.updates ?? [];
  return (
    <Panel
      title="Told to stakeholders"
      count={told.length}
      flush
      aside={
        <PermittedButton
          needs="operate"
          variant="default"
          size="xs"
          leftSection={<IconSend size={15} />}
          disabled={updates.data === undefined}
          onClick={() => setTelling(true)}
        >
          Write an update
        </PermittedButton>
      }
    >
      {told.length === 0 ? (
        <Empty title="Nobody outside was told yet" />
      ) : (
        <ul aria-label="Updates">
          {told.toReversed().map(({ id, at, by, status, text, isPublic }) => (
            <li key={id} className={rows.row}>
              <div className={rows.what}>
                <p className={rows.marks}>
                  <strong>{status}</strong>
                  {isPublic ? <Chip tone="low">on the status page</Chip> : null}
                  <span className={rows.sub}>
                    by {by}, <Age at={at} />
                  </span>
                </p>
                <Prose text={text} />
              </div>
            </li>
          ))}
        </ul>
      )}
      {isTelling && updates.data !== undefined ? (
        <UpdateDialog incident={incident} view={updates.data} onClose={() => setTelling(false)} />
      ) : null}
    </Panel>
  );
}
