import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useChangeIncident } from '../api/incidents.ts';
import { useRefusal } from '../parts/permission.ts';
import { tellFailure } from '../parts/tell.ts';
import styles from './timeline.module.css';

export function NoteForm({ id }: { id: string }) {
  const [text, setText] = useState('');
  const change = useChangeIncident(id);
  const refusal = useRefusal('operate');
  if (refusal !== null) return null;
  return (
    <form
      className={styles.note}
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate(
          { what: 'notes', body: { text: text.trim() } },
          { onSuccess: () => setText(''), onError: tellFailure },
        );
      }}
    >
      <Textarea
        aria-label="Note for the timeline"
        placeholder="What was seen or done"
        autosize
        minRows={1}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button type="submit" variant="default" loading={change.isPending} disabled={text.trim() === ''}>
        Add note
      </Button>
    </form>
  );
}
