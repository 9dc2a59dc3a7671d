import { NativeSelect, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Level } from '../../../src/core/severity.ts';
import { useDeclare } from '../api/incidents.ts';
import { overviewQuery } from '../api/queries.ts';
import { levelOf, levels } from '../format/levels.ts';
import form from '../parts/form.module.css';
import { FormDialog } from '../parts/form-dialog.tsx';

/** For what no check sees: people are called as for any other incident. */
export function DeclareDialog({ onClose }: { onClose: () => void }) {
  const { data } = useQuery(overviewQuery);
  const navigate = useNavigate();
  const declare = useDeclare();
  const [title, setTitle] = useState('');
  const [level, setLevel] = useState<Level>('high');
  const [services, setServices] = useState<string[]>([]);
  const [targets, setTargets] = useState<string[]>([]);
  const [note, setNote] = useState('');
  return (
    <FormDialog
      title="Declare an incident"
      submit="Declare and call people"
      isBusy={declare.isPending}
      isReady={title.trim().length >= 3}
      error={declare.error}
      onClose={onClose}
      onSubmit={() =>
        declare.mutate(
          { title: title.trim(), level, services, targets, note: note.trim() },
          {
            onSuccess: ({ id }) => {
              onClose();
              void navigate({ to: '/incidents/$id', params: { id } });
            },
          },
        )
      }
    >
      <TextInput
        label="What is wrong"
        placeholder="Customers cannot pay"
        required
        withAsterisk={false}
        data-autofocus
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <NativeSelect
        label="How grave it is"
        data={[...levels]}
        value={level}
        onChange={(event) => setLevel(levelOf(event.currentTarget.value))}
      />
      <div className={form.pair}>
        <TagsInput
          label="Services it reaches"
          data={data?.services.map(({ name }) => name) ?? []}
          value={services}
          onChange={setServices}
        />
        <TagsInput
          label="Targets it is about"
          data={data?.targets.map(({ name }) => name) ?? []}
          value={targets}
          onChange={setTargets}
        />
      </div>
      <Textarea
        label="What is known so far"
        autosize
        minRows={2}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
