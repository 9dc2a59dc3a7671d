import { NativeSelect, TextInput } from '@mantine/core';
import styles from './guard.module.css';
import type { Draft, Field } from './input-draft.ts';

/** A field for each part of an action's input, drawn from its schema. */
export function InputFields({
  fields,
  draft,
  onChange,
}: {
  fields: readonly Field[];
  draft: Draft;
  onChange: (draft: Draft) => void;
}) {
  return (
    <div className={styles.fields}>
      {fields.map((field) => {
        const shared = {
          label: field.name,
          description: field.about,
          required: field.isNeeded,
          value: draft[field.name] ?? '',
          onChange: (event: { currentTarget: { value: string } }) =>
            onChange({ ...draft, [field.name]: event.currentTarget.value }),
        };
        if (field.kind === 'choice' || field.kind === 'yes-no') {
          const choices = field.kind === 'yes-no' ? ['true', 'false'] : field.choices;
          return (
            <NativeSelect
              key={field.name}
              {...shared}
              data={[
                { value: '', label: field.usual === '' ? 'not said' : `as usual: ${spoken(field.usual)}` },
                ...choices.map((value) => ({ value, label: spoken(value) })),
              ]}
            />
          );
        }
        return (
          <TextInput
            key={field.name}
            {...shared}
            inputMode={field.kind === 'number' ? 'numeric' : 'text'}
            placeholder={field.kind === 'json' ? 'JSON, such as [{"column": "id"}]' : field.usual}
          />
        );
      })}
    </div>
  );
}

function spoken(value: string): string {
  return value === 'true' ? 'yes' : value === 'false' ? 'no' : value;
}
