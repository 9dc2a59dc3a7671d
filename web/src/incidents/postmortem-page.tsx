import { IconPencil } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { type PostmortemView, postmortemQuery, requestPostmortem } from '../api/incidents.ts';
import { incidentQuery } from '../api/queries.ts';
import { ApiError } from '../api/request.ts';
import { Downloads } from '../parts/downloads.tsx';
import { Chip } from '../parts/marks.tsx';
import { NotFound } from '../parts/not-found.tsx';
import { PageHead, Panel } from '../parts/panel.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import { Prose } from '../parts/prose.tsx';
import rows from '../parts/rows.module.css';
import { Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { ActionItems } from './action-items.tsx';
import { SectionDialog } from './section-dialog.tsx';

type Section = PostmortemView['sections'][number];

export function PostmortemPage() {
  const { id } = useParams({ from: '/incidents/$id/postmortem' });
  const postmortem = useQuery(postmortemQuery(id));
  const incident = useQuery(incidentQuery(id));
  useTitle('Post-mortem');
  const [editing, setEditing] = useState<Section | null>(null);
  if (postmortem.error instanceof ApiError && postmortem.error.status === 404) return <NotFound />;
  return (
    <>
      <PageHead
        above={
          <>
            <Link to="/incidents">Incidents</Link>
            <span aria-hidden>/</span>
            <Link to="/incidents/$id" params={{ id }}>
              {incident.data?.title ?? 'Incident'}
            </Link>
          </>
        }
        title="Post-mortem"
        lead="Written from the journal. What you write stays as it is while the rest is computed anew."
        aside={
          <Downloads
            name={`post-mortem-${id.slice(0, 13)}`}
            request={(format) => requestPostmortem(id, format)}
          />
        }
      />
      <Loaded query={postmortem} rows={6}>
        {({ sections }) => (
          <div className={rows.stack}>
            {sections.map((section) =>
              section.id === 'items' && incident.data !== undefined ? (
                <ActionItems key={section.id} incident={incident.data} />
              ) : (
                <Panel
                  key={section.id}
                  title={section.title}
                  aside={
                    section.isEditable ? (
                      <>
                        {section.isEdited ? <Chip tone="low">written by people</Chip> : null}
                        <PermittedButton
                          needs="operate"
                          variant="subtle"
                          size="compact-sm"
                          leftSection={<IconPencil size={15} />}
                          aria-label={`Edit: ${section.title}`}
                          onClick={() => setEditing(section)}
                        >
                          Edit
                        </PermittedButton>
                      </>
                    ) : undefined
                  }
                >
                  <Prose text={section.text === '' ? 'Nothing is known of it.' : section.text} />
                </Panel>
              ),
            )}
          </div>
        )}
      </Loaded>
      {editing === null ? null : <SectionDialog id={id} section={editing} onClose={() => setEditing(null)} />}
    </>
  );
}
