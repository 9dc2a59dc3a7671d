import { Button, NativeSelect, TextInput } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { type Replay, type Replayed, requestReplay } from '../api/rules.ts';
import { formatMoment, formatSpan } from '../format/time.ts';
import { count } from '../format/words.ts';
import { Panel } from '../parts/panel.tsx';
import styles from './replay.module.css';

const spans = [
  { value: '1d', label: 'the last day' },
  { value: '7d', label: 'the last 7 days' },
  { value: '30d', label: 'the last 30 days' },
  { value: '90d', label: 'the last 90 days' },
];

/** Plays stored values through the rule, with other settings beside those in force. */
export function ReplayPanel({ rule, targets }: { rule: string; targets: readonly string[] }) {
  const [since, setSince] = useState('30d');
  const [target, setTarget] = useState('');
  const [set, setSet] = useState('');
  const replay = useMutation({
    mutationFn: () =>
      requestReplay(rule, {
        since,
        ...(target === '' ? {} : { target }),
        ...(set.trim() === '' ? {} : { set: set.trim() }),
      }),
  });
  return (
    <Panel title="What would it have done?">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          replay.mutate();
        }}
      >
        <NativeSelect
          label="In"
          data={spans}
          value={since}
          onChange={(event) => setSince(event.currentTarget.value)}
        />
        <NativeSelect
          label="On"
          data={[{ value: '', label: 'all its targets' }, ...targets]}
          value={target}
          onChange={(event) => setTarget(event.currentTarget.value)}
        />
        <TextInput
          label="Compared with"
          placeholder="warning=70% for=2m"
          value={set}
          onChange={(event) => setSet(event.currentTarget.value)}
        />
        <Button type="submit" leftSection={<IconPlayerPlay size={16} />} loading={replay.isPending}>
          Play
        </Button>
      </form>
      {replay.isError ? (
        <p className={styles.error} role="alert">
          {replay.error.message}
        </p>
      ) : null}
      {replay.data === undefined ? null : <Answer replay={replay.data} />}
    </Panel>
  );
}

function Answer({ replay }: { replay: Replay }) {
  return (
    <div className={styles.answer} role="status">
      <p className={styles.words}>{replay.words}</p>
      {replay.targets.map(({ target, present, changed }) => (
        <div key={target} className={styles.target}>
          <p>{target}</p>
          <Strip name="As it is" replayed={present} from={replay.from} to={replay.to} />
          {changed === null ? null : (
            <Strip name={replay.set ?? ''} replayed={changed} from={replay.from} to={replay.to} />
          )}
        </div>
      ))}
    </div>
  );
}

/** Every alert at its time; the words beside it say how many. */
function Strip({ name, replayed, from, to }: { name: string; replayed: Replayed; from: number; to: number }) {
  const place = (at: number) => ((at - from) / (to - from)) * 100;
  return (
    <div className={styles.row}>
      <span className={styles.name}>{name}</span>
      <span className={styles.strip} aria-hidden>
        {replayed.alerts.map(({ firedAt, resolvedAt, level, severity, incident }) => (
          <i
            key={`${firedAt} ${level}`}
            data-level={level}
            data-acted={incident !== null || undefined}
            style={{ left: `${place(firedAt)}%`, width: `${place(resolvedAt ?? to) - place(firedAt)}%` }}
            title={`${severity}: ${formatMoment(firedAt)}`}
          />
        ))}
      </span>
      <span className={styles.amount}>
        {count(replayed.alerts.length, 'time')}, {formatSpan(replayed.firingMs)}
      </span>
    </div>
  );
}
