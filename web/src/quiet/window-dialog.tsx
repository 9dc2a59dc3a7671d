import { Button, NativeSelect, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { configurationQuery, overviewQuery } from '../api/queries.ts';
import { quietHoursQuery, useScheduleWindow } from '../api/quiet.ts';
import { formatRatio } from '../format/numbers.ts';
import form from '../parts/form.module.css';
import { FormDialog } from '../parts/form-dialog.tsx';
import { useNow } from '../parts/now.ts';
import { tellDone } from '../parts/tell.ts';
import { nextStart, repeatsFor } from './repeats.ts';
import styles from './window-dialog.module.css';

const lengths = ['15m', '30m', '1h', '2h', '4h', '8h'];

export function WindowDialog({ onClose }: { onClose: () => void }) {
  const { data: overview } = useQuery(overviewQuery);
  const { data: configuration } = useQuery(configurationQuery);
  const plan = useScheduleWindow();
  const [name, setName] = useState('');
  const [what, setWhat] = useState('');
  const [starts, setStarts] = useState('');
  const [length, setLength] = useState('1h');
  const [repeat, setRepeat] = useState('');
  const [services, setServices] = useState<string[]>([]);
  const [targets, setTargets] = useState<string[]>([]);
  const [notify, setNotify] = useState<string[]>([]);
  const [impact, setImpact] = useState('');
  const repeats = repeatsFor(starts);
  const isAll = services.length + targets.length === 0;
  return (
    <FormDialog
      title="Plan a maintenance window"
      submit="Plan it"
      isBusy={plan.isPending}
      isReady={/^[A-Za-z0-9][\w.-]{0,59}$/.test(name) && starts !== ''}
      error={plan.error}
      onClose={onClose}
      onSubmit={() =>
        plan.mutate(
          {
            ...{ name, starts: starts.slice(0, 16), for: length, services, targets },
            ...(notify.length === 0 ? {} : { notify }),
            ...(what.trim() === '' ? {} : { what: what.trim() }),
            ...(repeat === '' ? {} : { repeat }),
            ...(impact.trim() === '' ? {} : { impact: impact.trim() }),
          },
          {
            onSuccess: () => {
              onClose();
              tellDone(`Planned: ${name}`);
            },
          },
        )
      }
    >
      <div className={form.pair}>
        <TextInput
          label="Name"
          description="Letters, digits, - and _"
          placeholder="new-disk"
          autoComplete="off"
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label="What is done"
          description="For the notice"
          placeholder="A larger disk for the database"
          value={what}
          onChange={(event) => setWhat(event.currentTarget.value)}
        />
      </div>
      <div className={form.pair}>
        <TextInput
          type="datetime-local"
          label="Starts"
          description={`On the clock of ${overview?.timezone ?? 'the team'}`}
          value={starts}
          onChange={(event) => setStarts(event.currentTarget.value)}
        />
        <NativeSelect
          label="Lasts"
          description="Elapsed time"
          data={lengths}
          value={length}
          onChange={(event) => setLength(event.currentTarget.value)}
        />
      </div>
      <QuietHours length={length} services={services} onChoose={setStarts} />
      <NativeSelect
        label="Repeats"
        data={repeats.map(({ value, label }) => ({ value, label }))}
        value={repeats.some(({ value }) => value === repeat) ? repeat : ''}
        onChange={(event) => setRepeat(event.currentTarget.value)}
      />
      <div className={form.pair}>
        <TagsInput
          label="Services"
          data={overview?.services.map((each) => each.name) ?? []}
          value={services}
          onChange={setServices}
        />
        <TagsInput
          label="Targets"
          data={overview?.targets.map((each) => each.name) ?? []}
          value={targets}
          onChange={setTargets}
        />
      </div>
      {isAll ? <p className={form.note}>With neither, every alert is held while the window runs.</p> : null}
      <Textarea
        label="What users will notice"
        autosize
        minRows={1}
        value={impact}
        onChange={(event) => setImpact(event.currentTarget.value)}
      />
      <TagsInput
        label="Who is told"
        description="48 hours ahead, at the start and at the end. Empty: the channels of its incidents; none: nobody"
        data={[...(configuration?.notifiers.map((each) => each.name) ?? []), 'none']}
        value={notify}
        onChange={setNotify}
      />
    </FormDialog>
  );
}

function QuietHours({
  length,
  services,
  onChoose,
}: {
  length: string;
  services: readonly string[];
  onChoose: (starts: string) => void;
}) {
  const quiet = useQuery(quietHoursQuery(length, services));
  const now = useNow();
  if (quiet.data === undefined) return null;
  const { slots, timezone, reason } = quiet.data;
  return (
    <div className={styles.quiet}>
      <p className={form.note}>
        {slots.length === 0 ? `Quiet hours: ${reason ?? 'unknown'}` : 'Hours with the least traffic:'}
      </p>
      {slots.map(({ day, at, share, weekday, hour }) => (
        <Button
          key={`${day} ${at}`}
          variant="default"
          size="compact-sm"
          onClick={() => onChoose(nextStart(weekday, hour, timezone, now))}
        >
          {day} {at}
          <span className={styles.share}>{formatRatio(share, 0)} of the usual</span>
        </Button>
      ))}
    </div>
  );
}
