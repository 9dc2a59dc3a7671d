import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconSearch, IconZoomReset } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { serverNow } from '../api/connection.ts';
import { formatShort } from '../format/time.ts';
import { type Range, rangeNames } from '../search.ts';
import styles from './charts.module.css';

export function RangeBar({ isFixed, isLive, range }: { isFixed: boolean; isLive: boolean; range: Range }) {
  const search = useSearch({ from: '/targets/$name' });
  const navigate = useNavigate({ from: '/targets/$name' });
  return (
    <div className={styles.bar}>
      <SegmentedControl
        aria-label="Range"
        size="sm"
        value={isFixed ? '' : range}
        data={rangeNames.map((name) => ({ value: name, label: name }))}
        onChange={(value) => {
          const chosen = rangeNames.find((name) => name === value);
          void navigate({
            search: (old) => ({ ...old, range: chosen, from: undefined, to: undefined }),
            resetScroll: false,
          });
        }}
      />
      {isFixed && search.from !== undefined && search.to !== undefined ? (
        <Button
          variant="light"
          size="sm"
          leftSection={<IconZoomReset size={16} />}
          onClick={() =>
            void navigate({
              search: (old) => ({ ...old, from: undefined, to: undefined }),
              resetScroll: false,
            })
          }
        >
          Leave {formatShort(search.from, serverNow())} to {formatShort(search.to, serverNow())}
        </Button>
      ) : (
        <Button
          variant="default"
          size="sm"
          aria-pressed={isLive}
          leftSection={isLive ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />}
          onClick={() =>
            void navigate({
              search: (old) => ({ ...old, live: isLive ? 'no' : undefined }),
              replace: true,
              resetScroll: false,
            })
          }
        >
          {isLive ? 'Live' : 'Paused'}
        </Button>
      )}
      <TextInput
        type="search"
        size="sm"
        className={styles.find}
        aria-label="Find a metric"
        placeholder="Find a metric  ( / )"
        leftSection={<IconSearch size={16} />}
        value={search.find ?? ''}
        onChange={(event) => {
          const find = event.currentTarget.value || undefined;
          void navigate({ search: (old) => ({ ...old, find }), replace: true, resetScroll: false });
        }}
      />
    </div>
  );
}
