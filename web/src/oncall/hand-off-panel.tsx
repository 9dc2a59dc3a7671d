import { NativeSelect, Textarea } from '@mantine/core';
import { IconPencilPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { handOffQuery, useWriteNote } from '../api/oncall.ts';
import { FormDialog } from '../parts/form-dialog.tsx';
import { Panel } from '../parts/panel.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import { Prose } from '../parts/prose.tsx';
import rows from '../parts/rows.module.css';
import { Loaded } from '../parts/states.tsx';
import { tellDone } from '../parts/tell.ts';
import styles from './hand-off.module.css';

/** What is sent at the next hand-off, as it would read now. */
export function HandOffPanel({ rotations }: { rotations: readonly string[] }) {
  const notes = useQuery(handOffQuery);
  const [isWriting, setWriting] = useState(false);
  return (
    <Panel
      title="Hand-off notes"
      flush
      aside={
        <PermittedButton
          needs="operate"
          variant="default"
          size="xs"
          leftSection={<IconPencilPlus size={15} />}
          onClick={() => setWriting(true)}
        >
          Write a note
        </PermittedButton>
      }
    >
      <Loaded query={notes} rows={2}>
        {(list) => (
          <ul aria-label="Hand-off notes">
            {list.map((note) => (
              <li key={note.rotation} className={styles.note}>
                <details>
                  <summary>
                    <strong className={rows.title}>{note.title}</strong>
                  </summary>
                  <Prose text={note.markdown} />
                </details>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {isWriting ? <NoteDialog rotations={rotations} onClose={() => setWriting(false)} /> : null}
    </Panel>
  );
}

function NoteDialog({ rotations, onClose }: { rotations: readonly string[]; onClose: () => void }) {
  const write = useWriteNote();
  const [rotation, setRotation] = useState(rotations[0] ?? '');
  const [text, setText] = useState('');
  return (
    <FormDialog
      title="Write a note for the hand-off"
      submit="Write it down"
      isBusy={write.isPending}
      isReady={text.trim() !== ''}
      error={write.error}
      onClose={onClose}
      onSubmit={() =>
        write.mutate(
          { rotation, text: text.trim() },
          {
            onSuccess: () => {
              onClose();
              tellDone(`Written; whoever takes over ${rotation} reads it`);
            },
          },
        )
      }
    >
      <NativeSelect
        label="Rotation"
        data={[...rotations]}
        value={rotation}
        onChange={(event) => setRotation(event.currentTarget.value)}
      />
      <Textarea
        label="What must be known"
        description="Markdown. It stands in the note of this shift, which is sent to whoever takes over."
        autosize
        minRows={4}
        data-autofocus
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
