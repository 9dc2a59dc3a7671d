import { ActionIcon, Button, TagsInput, TextInput } from '@mantine/core';
import { IconPlus, IconTrash, IconX } from '@tabler/icons-react';
import { Panel } from '../parts/panel.tsx';
import type { DraftPolicy, DraftStep } from './escalation-draft.ts';
import styles from './escalation-editor.module.css';

export function PolicyEditor({
  policy,
  isNew,
  isUsed,
  callable,
  onChange,
}: {
  policy: DraftPolicy;
  isNew: boolean;
  isUsed: boolean;
  callable: readonly string[];
  onChange: (policy: DraftPolicy | null) => void;
}) {
  const change = (part: Partial<DraftPolicy>) => onChange({ ...policy, ...part });
  const changeStep = (index: number, part: Partial<DraftStep>) =>
    change({ steps: policy.steps.map((step, at) => (at === index ? { ...step, ...part } : step)) });
  return (
    <Panel
      title={`Policy ${policy.name}`}
      aside={
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={isUsed ? `${policy.name} is used by a level` : `Remove the policy ${policy.name}`}
          disabled={isUsed}
          onClick={() => onChange(null)}
        >
          <IconTrash size={16} />
        </ActionIcon>
      }
    >
      <div className={styles.policy}>
        {isNew ? (
          <TextInput
            label="Name"
            value={policy.name}
            onChange={(event) => change({ name: event.currentTarget.value })}
          />
        ) : null}
        <ol className={styles.steps} aria-label={`Steps of ${policy.name}`}>
          {policy.steps.map((step, index) => (
            <li key={step.key} className={styles.step}>
              <TextInput
                label="After"
                aria-label={`Step ${index + 1} of ${policy.name}, after`}
                placeholder="at once"
                value={step.after}
                onChange={(event) => changeStep(index, { after: event.currentTarget.value })}
              />
              <TagsInput
                label="Call"
                aria-label={`Step ${index + 1} of ${policy.name}, whom to call`}
                data={[...callable]}
                value={[...step.notify]}
                onChange={(notify) => changeStep(index, { notify })}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                size="lg"
                aria-label={`Remove step ${index + 1} of ${policy.name}`}
                disabled={policy.steps.length === 1}
                onClick={() => change({ steps: policy.steps.filter((_, at) => at !== index) })}
              >
                <IconX size={16} />
              </ActionIcon>
            </li>
          ))}
        </ol>
        <Button
          variant="subtle"
          size="compact-sm"
          className={styles.add}
          leftSection={<IconPlus size={15} />}
          onClick={() =>
            change({
              steps: [
                ...policy.steps,
                { key: Math.max(...policy.steps.map(({ key }) => key)) + 1, after: '15m', notify: [] },
              ],
            })
          }
        >
          Add a step
        </Button>
        <div className={styles.rest}>
          <TextInput
            label="Repeat, times"
            placeholder="never"
            inputMode="numeric"
            value={policy.times}
            onChange={(event) => change({ times: event.currentTarget.value })}
          />
          <TextInput
            label="Every"
            placeholder="30m"
            value={policy.every}
            onChange={(event) => change({ every: event.currentTarget.value })}
          />
          <TextInput
            label="Acknowledged holds for"
            placeholder="until it ends"
            value={policy.unacknowledgeAfter}
            onChange={(event) => change({ unacknowledgeAfter: event.currentTarget.value })}
          />
        </div>
      </div>
    </Panel>
  );
}
