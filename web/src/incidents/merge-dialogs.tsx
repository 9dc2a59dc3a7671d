import { Checkbox, NativeSelect, Textarea } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { incidentsQuery } from '../api/incidents.ts';
import form from '../parts/form.module.css';
import { ChangeDialog, type ChangeDialogProps } from './change-dialog.tsx';

export function MergeDialog({ incident, onClose }: ChangeDialogProps) {
  const navigate = useNavigate();
  const open = useInfiniteQuery(incidentsQuery({}));
  const others = (open.data?.pages.flat() ?? []).filter(({ id }) => id !== incident.id);
  const [chosen, setChosen] = useState('');
  const [reason, setReason] = useState('');
  const into = chosen || (others[0]?.id ?? '');
  return (
    <ChangeDialog
      {...{ incident, onClose }}
      title="Merge into another incident"
      submit="Merge"
      done="Merged"
      isReady={into !== ''}
      change={{ what: 'merge', body: { into, reason: reason.trim() } }}
      onDone={() => void navigate({ to: '/incidents/$id', params: { id: into } })}
    >
      <p className={form.note}>This one ends and says where it went; the other goes on with all alerts.</p>
      {others.length === 0 ? (
        <p>No other incident is open.</p>
      ) : (
        <NativeSelect
          label="The one that goes on"
          data={others.map(({ id, title }) => ({ value: id, label: title }))}
          value={into}
          onChange={(event) => setChosen(event.currentTarget.value)}
        />
      )}
      <Textarea
        label="Why they are one"
        autosize
        minRows={1}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </ChangeDialog>
  );
}

export function SplitDialog({ incident, onClose }: ChangeDialogProps) {
  const [alerts, setAlerts] = useState<readonly string[]>([]);
  const [reason, setReason] = useState('');
  const firing = incident.alerts.filter(({ state }) => state === 'firing');
  return (
    <ChangeDialog
      {...{ incident, onClose }}
      title="Split alerts off"
      submit="Split"
      done="The alerts have an incident of their own"
      isReady={alerts.length > 0 && alerts.length < firing.length}
      change={{ what: 'split', body: { alerts, reason: reason.trim() } }}
    >
      <fieldset className={form.fieldset}>
        <legend>Alerts that are another trouble</legend>
        <div className={form.form}>
          {firing.map(({ id, summary, target, rule }) => (
            <Checkbox
              key={id}
              label={`${target}: ${summary}`}
              description={rule}
              checked={alerts.includes(id)}
              onChange={(event) =>
                setAlerts(
                  event.currentTarget.checked ? [...alerts, id] : alerts.filter((each) => each !== id),
                )
              }
            />
          ))}
        </div>
      </fieldset>
      <Textarea
        label="Why"
        autosize
        minRows={1}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </ChangeDialog>
  );
}
