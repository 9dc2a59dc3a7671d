import { NativeSelect, Switch, TagsInput, Textarea } from '@mantine/core';
import { IconSend } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { UpdateStatus } from '../../../src/core/incident/update.ts';
import type { IncidentDetail } from '../../../src/core/view.ts';
import { type UpdatesView, updatesQuery } from '../api/incidents.ts';
import { configurationQuery } from '../api/queries.ts';
import { Age } from '../parts/age.tsx';
import { Chip } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import { Prose } from '../parts/prose.tsx';
import rows from '../parts/rows.module.css';
import { Empty } from '../parts/states.tsx';
import { ChangeDialog } from './change-dialog.tsx';

const statuses: readonly UpdateStatus[] = ['investigating', 'identified', 'monitoring', 'resolved'];

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

function UpdateDialog({
  incident,
  view,
  onClose,
}: {
  incident: IncidentDetail;
  view: UpdatesView;
  onClose: () => void;
}) {
  const { data } = useQuery(configurationQuery);
  const draftOf = (status: UpdateStatus) => view.drafts.find((each) => each.status === status)?.text ?? '';
  const [status, setStatus] = useState<UpdateStatus>(view.next);
  const [text, setText] = useState(draftOf(view.next));
  const [notify, setNotify] = useState<string[]>([]);
  const [isPublic, setPublic] = useState(false);
  return (
    <ChangeDialog
      {...{ incident, onClose }}
      title="Tell stakeholders"
      submit="Send"
      done="Sent"
      isReady={text.trim() !== ''}
      change={{ what: 'updates', body: { status, text: text.trim(), notify, public: isPublic } }}
    >
      <NativeSelect
        label="How it stands"
        data={[...statuses]}
        value={status}
        onChange={(event) => {
          const next = statuses.find((each) => each === event.currentTarget.value) ?? view.next;
          // A draft makes room for the next one; what somebody wrote does not.
          if (text === draftOf(status)) setText(draftOf(next));
          setStatus(next);
        }}
      />
      <Textarea
        label="What they are told"
        description="Markdown. Name no machines or people: anybody may read it."
        autosize
        minRows={4}
        data-autofocus
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <TagsInput
        label="Sent by"
        description="Notifiers"
        data={data?.notifiers.map(({ name }) => name) ?? []}
        value={notify}
        onChange={setNotify}
      />
      <Switch
        label="Show it on the status page"
        checked={isPublic}
        onChange={(event) => setPublic(event.currentTarget.checked)}
      />
    </ChangeDialog>
  );
}
