import { Autocomplete, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ActionItem } from '../../../src/core/incident/action-item.ts';
import type { IncidentDetail } from '../../../src/core/view.ts';
import { useAddActionItem, useCloseActionItem } from '../api/incidents.ts';
import { oncallQuery } from '../api/oncall.ts';
import { Age } from '../parts/age.tsx';
import form from '../parts/form.module.css';
import { FormDialog } from '../parts/form-dialog.tsx';
import { Chip } from '../parts/marks.tsx';
import { useNow } from '../parts/now.ts';
import { Panel } from '../parts/panel.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import rows from '../parts/rows.module.css';
import { Empty } from '../parts/states.tsx';
import { tellDone, tellFailure } from '../parts/tell.ts';

export function ActionItems({ incident }: { incident: IncidentDetail }) {
  const [isAdding, setAdding] = useState(false);
  const items = incident.actionItems ?? [];
  return (
    <Panel
      title="Action items"
      count={items.length}
      flush
      aside={
        <PermittedButton
          needs="operate"
          variant="default"
          size="xs"
          leftSection={<IconPlus size={15} />}
          onClick={() => setAdding(true)}
        >
          Add an action item
        </PermittedButton>
      }
    >
      {items.length === 0 ? (
        <Empty title="Nothing is to be done yet">What is added here is followed up by reminders.</Empty>
      ) : (
        <ul aria-label="Action items">
          {items.map((item) => (
            <Item key={item.id} item={item} />
          ))}
        </ul>
      )}
      {isAdding ? <AddDialog incident={incident.id} onClose={() => setAdding(false)} /> : null}
    </Panel>
  );
}

function Item({ item }: { item: ActionItem }) {
  const close = useCloseActionItem();
  const now = useNow();
  const isOpen = item.endedAt === null;
  const isLate = isOpen && item.dueAt !== null && item.dueAt < now;
  return (
    <li className={rows.row} data-over={!isOpen || undefined}>
      <div className={rows.what}>
        <p className={rows.marks}>
          <strong className={rows.title}>{item.task}</strong>
          {isLate ? <Chip tone="warning">overdue</Chip> : null}
          {item.outcome === null ? null : (
            <Chip tone={item.outcome === 'done' ? 'ok' : 'quiet'}>{item.outcome}</Chip>
          )}
        </p>
        <p className={rows.sub}>
          {item.owner ?? 'nobody has it'}
          {item.dueAt === null ? '' : ', due '}
          {item.dueAt === null ? null : <Age at={item.dueAt} />}
        </p>
      </div>
      <div className={rows.aside}>
        {isOpen ? (
          <PermittedButton
            needs="operate"
            variant="default"
            size="xs"
            loading={close.isPending}
            aria-label={`Done: ${item.task}`}
            onClick={() =>
              close.mutate(
                { id: item.id, outcome: 'done' },
                { onSuccess: () => tellDone(`${item.task}: marked as done`), onError: tellFailure },
              )
            }
          >
            Done
          </PermittedButton>
        ) : null}
      </div>
    </li>
  );
}

function AddDialog({ incident, onClose }: { incident: string; onClose: () => void }) {
  const add = useAddActionItem();
  const { data } = useQuery(oncallQuery);
  const [task, setTask] = useState('');
  const [owner, setOwner] = useState('');
  const [due, setDue] = useState('');
  return (
    <FormDialog
      title="Add an action item"
      submit="Add"
      isBusy={add.isPending}
      isReady={task.trim().length >= 3}
      error={add.error}
      onClose={onClose}
      onSubmit={() =>
        add.mutate(
          {
            ...{ incident, task: task.trim() },
            ...(owner.trim() === '' ? {} : { owner: owner.trim() }),
            ...(due === '' ? {} : { due }),
          },
          { onSuccess: onClose },
        )
      }
    >
      <TextInput
        label="What is to be done"
        data-autofocus
        value={task}
        onChange={(event) => setTask(event.currentTarget.value)}
      />
      <div className={form.pair}>
        <Autocomplete
          label="Who does it"
          data={data?.people.map(({ id }) => id).filter((id) => id !== owner) ?? []}
          value={owner}
          onChange={setOwner}
        />
        <TextInput
          type="date"
          label="Until when"
          value={due}
          onChange={(event) => setDue(event.currentTarget.value)}
        />
      </div>
    </FormDialog>
  );
}
