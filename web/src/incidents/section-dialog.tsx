import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import { type PostmortemView, useChangeIncident } from '../api/incidents.ts';
import { FormDialog } from '../parts/form-dialog.tsx';
import { tellDone } from '../parts/tell.ts';

export function SectionDialog({
  id,
  section,
  onClose,
}: {
  id: string;
  section: PostmortemView['sections'][number];
  onClose: () => void;
}) {
  const change = useChangeIncident(id);
  const [text, setText] = useState(section.text);
  const write = (next: string, words: string) =>
    change.mutate(
      { what: 'postmortem', body: { section: section.id, text: next } },
      {
        onSuccess: () => {
          onClose();
          tellDone(words);
        },
      },
    );
  return (
    <FormDialog
      title={section.title}
      submit="Keep this text"
      size="xl"
      isBusy={change.isPending}
      isReady={text.trim() !== ''}
      error={change.error}
      onClose={onClose}
      onSubmit={() => write(text.trim(), `Your text of ${section.title} is kept`)}
    >
      <Textarea
        label="Markdown"
        autosize
        minRows={8}
        maxRows={22}
        data-autofocus
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {section.isEdited ? (
        <div>
          <Button
            variant="subtle"
            size="compact-sm"
            onClick={() => write('', 'Back to what the journal says')}
          >
            Put back what is computed
          </Button>
        </div>
      ) : null}
    </FormDialog>
  );
}
