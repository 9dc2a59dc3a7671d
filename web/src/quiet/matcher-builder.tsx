import { ActionIcon, Autocomplete, Button, NativeSelect } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import type { Overview } from '../../../src/core/view.ts';
import { count } from '../format/words.ts';
import styles from './matcher-builder.module.css';
import { type Condition, knownLabels, reachOf } from './matching.ts';

export function MatcherBuilder({
  conditions,
  overview,
  onChange,
}: {
  conditions: readonly Condition[];
  overview: Overview | undefined;
  onChange: (conditions: readonly Condition[]) => void;
}) {
  const change = (index: number, part: Partial<Condition>) =>
    onChange(conditions.map((each, at) => (at === index ? { ...each, ...part } : each)));
  return (
    <fieldset className={styles.builder}>
      <legend>Hold alerts where all of this is true</legend>
      {conditions.map((condition, index) => (
        <div key={`condition-${String(index)}`} className={styles.condition}>
          <Autocomplete
            aria-label={`What, condition ${index + 1}`}
            data={knownLabels.filter((label) => label !== condition.label)}
            value={condition.label}
            onChange={(label) => change(index, { label })}
          />
          <NativeSelect
            aria-label={`How, condition ${index + 1}`}
            data={[
              { value: '=', label: 'is' },
              { value: '!=', label: 'is not' },
            ]}
            value={condition.isNegated ? '!=' : '='}
            onChange={(event) => change(index, { isNegated: event.currentTarget.value === '!=' })}
          />
          <Autocomplete
            aria-label={`Value, condition ${index + 1}`}
            placeholder="web-*"
            data={choices(condition.label, overview).filter((value) => value !== condition.pattern)}
            value={condition.pattern}
            onChange={(pattern) => change(index, { pattern })}
            {...(condition.pattern === '' ? { 'data-autofocus': true } : {})}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={`Remove condition ${index + 1}`}
            disabled={conditions.length === 1}
            onClick={() => onChange(conditions.filter((_, at) => at !== index))}
          >
            <IconX size={16} />
          </ActionIcon>
        </div>
      ))}
      <div className={styles.foot}>
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={15} />}
          onClick={() => onChange([...conditions, { label: 'rule', isNegated: false, pattern: '' }])}
        >
          Add a condition
        </Button>
        <ReachText conditions={conditions} overview={overview} />
      </div>
    </fieldset>
  );
}

const mostNamed = 4;

function ReachText({
  conditions,
  overview,
}: {
  conditions: readonly Condition[];
  overview: Overview | undefined;
}) {
  if (overview === undefined || conditions.every(({ pattern }) => pattern.trim() === '')) return null;
  const { targets, further } = reachOf(conditions, overview.targets);
  const names = targets.slice(0, mostNamed).map(({ name }) => name);
  const rest = targets.length - names.length;
  const where = further.length === 0 ? '' : `, only where ${further.join(' and ')}`;
  return (
    <p className={styles.reach} role="status">
      {targets.length === 0
        ? 'No target is like that.'
        : `Reaches ${count(targets.length, 'target')}: ${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}${where}.`}
    </p>
  );
}

function choices(label: string, overview: Overview | undefined): string[] {
  if (label === 'level') return ['critical', 'high', 'medium', 'low'];
  if (overview === undefined) return [];
  if (label === 'target') return unique(overview.targets.map(({ name }) => name));
  if (label === 'system') return unique(overview.targets.map(({ system }) => system));
  if (label === 'service') return unique(overview.services.map(({ name }) => name));
  if (label === 'environment')
    return unique(overview.targets.flatMap(({ environment }) => environment ?? []));
  if (label === 'rule') return unique(overview.targets.map(({ system }) => `${system}.*`));
  return [];
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
