import { NativeSelect, Switch, TagsInput, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { UpdateStatus } from '../../../src/core/incident/update.ts';
import type { IncidentView } from '../../../src/core/view.ts';
import type { UpdatesView } from '../api/incidents.ts';
import { configurationQuery } from '../api/queries.ts';
import { ChangeDialog } from './change-dialog.tsx';

const statuses: readonly UpdateStatus[] = ['investigating', 'identified', 'monitoring', 'resolved'];

export function UpdateDialog({
  incident,
  view,
  isForPage = false,
  onClose,
}: {
  incident: Pick<IncidentView, 'id'>;
  view: UpdatesView;
  /** Written for readers of the status page from the start. */
  isForPage?: boolean;
  onClose: () => void;
}) {
  const { data } = useQuery(configurationQuery);
  const draftOf = (status: UpdateStatus) => view.drafts.find((each) => each.status === status)?.text ?? '';
  const [status, setStatus] = useState<UpdateStatus>(view.next);
  const [text, setText] = useState(draftOf(view.next));
  const [notify, setNotify] = useState<string[]>([]);
  const [isPublic, setPublic] = useState(isForPage);
  return (
    <ChangeDialog
      {...{ incident, onClose }}
      title={isForPage ? 'Post an update' : 'Tell stakeholders'}
      submit="Send"
      done={isPublic ? 'Told on the status page' : 'The update is sent'}
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
