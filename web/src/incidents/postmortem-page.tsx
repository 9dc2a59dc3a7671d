import { Button } from '@mantine/core';
import { IconDownload, IconPencil } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { type PostmortemView, postmortemQuery, requestPostmortem } from '../api/incidents.ts';
import { incidentQuery } from '../api/queries.ts';
import { ApiError } from '../api/request.ts';
import { Chip } from '../parts/marks.tsx';
import { NotFound } from '../parts/not-found.tsx';
import { PageHead, Panel } from '../parts/panel.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import { Prose } from '../parts/prose.tsx';
import rows from '../parts/rows.module.css';
import { Loaded } from '../parts/states.tsx';
import { tellFailure } from '../parts/tell.ts';
import { useTitle } from '../parts/title.ts';
import { ActionItems } from './action-items.tsx';
import { save } from './download.ts';
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
        aside={<Downloads id={id} />}
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

const formats = [
  { format: 'markdown', word: 'Markdown' },
  { format: 'html', word: 'HTML' },
  { format: 'pdf', word: 'PDF' },
] as const;

function Downloads({ id }: { id: string }) {
  const [busy, setBusy] = useState<string | null>(null);
  return (
    <Button.Group>
      {formats.map(({ format, word }) => (
        <Button
          key={format}
          variant="default"
          leftSection={format === 'markdown' ? <IconDownload size={16} /> : undefined}
          loading={busy === format}
          aria-label={`Download as ${word}`}
          onClick={() => {
            setBusy(format);
            requestPostmortem(id, format)
              .then((written) => save(`post-mortem-${id.slice(0, 13)}`, written))
              .catch((error: unknown) =>
                tellFailure(error instanceof Error ? error : new Error(String(error))),
              )
              .finally(() => setBusy(null));
          }}
        >
          {word}
        </Button>
      ))}
    </Button.Group>
  );
}
