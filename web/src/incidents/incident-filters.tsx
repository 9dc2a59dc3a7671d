import { Button, NativeSelect, TextInput } from '@mantine/core';
import { IconSearch, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { IncidentsSearch } from '../api/incidents.ts';
import { overviewQuery } from '../api/queries.ts';
import styles from './incidents.module.css';

const spans = [
  { value: '', label: 'Any time' },
  { value: '1d', label: 'Last day' },
  { value: '7d', label: 'Last 7 days' },
  { value: '30d', label: 'Last 30 days' },
  { value: '90d', label: 'Last 90 days' },
];
const levels = [
  { value: '', label: 'Any level' },
  ...['critical', 'high', 'medium', 'low'].map((level) => ({ value: level, label: level })),
];

/** The address holds every filter, so that a list can be sent to somebody. */
export function IncidentFilters() {
  const search = useSearch({ from: '/incidents' });
  const navigate = useNavigate({ from: '/incidents' });
  const { data } = useQuery(overviewQuery);
  const { level, service, target, text, from } = search;
  const narrow = (part: Record<string, string | undefined>) =>
    void navigate({
      search: (old) => ({ ...old, ...part }) as IncidentsSearch,
      replace: true,
      resetScroll: false,
    });
  const isNarrowed = [level, service, target, text, from].some((value) => value !== undefined);
  return (
    <search className={styles.filters}>
      <TextInput
        type="search"
        size="sm"
        className={styles.find}
        aria-label="Find in incidents"
        placeholder="Title, target, finding  ( / )"
        leftSection={<IconSearch size={15} />}
        value={text ?? ''}
        onChange={(event) => narrow({ text: event.currentTarget.value || undefined })}
      />
      <Choice label="Level" data={levels} value={level} onChange={(value) => narrow({ level: value })} />
      <Choice
        label="Service"
        data={choices(
          'Any service',
          data?.services.map(({ name }) => name),
          service,
        )}
        value={service}
        onChange={(value) => narrow({ service: value })}
      />
      <Choice
        label="Target"
        data={choices(
          'Any target',
          data?.targets.map(({ name }) => name),
          target,
        )}
        value={target}
        onChange={(value) => narrow({ target: value })}
      />
      <Choice label="Time" data={spans} value={from} onChange={(value) => narrow({ from: value })} />
      {isNarrowed ? (
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconX size={14} />}
          onClick={() =>
            narrow({
              ...{ level: undefined, service: undefined, target: undefined },
              ...{ text: undefined, from: undefined },
            })
          }
        >
          Clear
        </Button>
      ) : null}
    </search>
  );
}

/** The first choice is none. */
function Choice({
  label,
  data,
  value = '',
  onChange,
}: {
  label: string;
  data: readonly { readonly value: string; readonly label: string }[];
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}) {
  return (
    <NativeSelect
      size="sm"
      aria-label={label}
      data={[...data]}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
    />
  );
}

/** One that is gone from the configuration may still have incidents. */
function choices(any: string, names: readonly string[] | undefined, chosen: string | undefined) {
  const all = [...new Set([...(names ?? []), ...(chosen === undefined ? [] : [chosen])])].sort();
  return [{ value: '', label: any }, ...all.map((name) => ({ value: name, label: name }))];
}
