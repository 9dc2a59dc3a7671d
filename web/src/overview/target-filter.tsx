import { NativeSelect, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import type { TargetView } from '../../../src/core/view.ts';
import { healthOrder, healthWords } from '../format/words.ts';
import type { OverviewSearch } from '../search.ts';
import styles from './targets.module.css';

export function TargetFilter({
  targets,
  search,
  onChange,
}: {
  targets: readonly TargetView[];
  search: OverviewSearch;
  onChange: (next: OverviewSearch) => void;
}) {
  const systems = [...new Set(targets.map(({ system }) => system))].sort();
  return (
    <search className={styles.filter}>
      <TextInput
        type="search"
        aria-label="Find a target"
        placeholder="Find a target  ( / )"
        leftSection={<IconSearch size={16} />}
        className={styles.find}
        value={search.q ?? ''}
        onChange={(event) => onChange({ q: event.currentTarget.value || undefined })}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      <NativeSelect
        aria-label="System"
        className={styles.system}
        value={search.system ?? ''}
        onChange={(event) => onChange({ system: event.currentTarget.value || undefined })}
        data={[
          { value: '', label: 'Every system' },
          ...systems.map((system) => ({ value: system, label: system })),
        ]}
      />
      <fieldset className={styles.healths}>
        <legend className={styles.hidden}>Health</legend>
        {healthOrder.map((health) => {
          const amount = targets.filter((target) => target.health === health).length;
          const isChosen = search.health === health;
          return (
            <button
              key={health}
              type="button"
              className={styles.health}
              data-tone={health}
              aria-pressed={isChosen}
              disabled={amount === 0 && !isChosen}
              onClick={() => onChange({ health: isChosen ? undefined : health })}
            >
              {healthWords[health]} <strong>{amount}</strong>
            </button>
          );
        })}
      </fieldset>
    </search>
  );
}
