import { Button, Checkbox, Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useCreateToken } from '../api/changes.ts';
import type { Scope } from '../api/shapes.ts';
import { ShownOnce } from '../parts/shown-once.tsx';
import styles from './settings.module.css';

const scopeWords: readonly { scope: Scope; word: string; meaning: string }[] = [
  { scope: 'read', word: 'Read', meaning: 'See everything that this page shows' },
  { scope: 'operate', word: 'Operate', meaning: 'Acknowledge, resolve, investigate, propose actions' },
  {
    scope: 'act',
    word: 'Act',
    meaning:
      'Of a model: silences, resolving and the like take effect at once; without it a model reads and proposes',
  },
  { scope: 'approve', word: 'Approve', meaning: 'Say yes or no to actions. Never for a model' },
  { scope: 'admin', word: 'Administer', meaning: 'Accounts, tokens, configuration' },
];

export function NewTokenDialog({ onClose }: { onClose: () => void }) {
  const create = useCreateToken();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>(['read']);
  const made = create.data;
  if (made !== undefined) {
    return <ShownOnce title="Copy the token now" secret={made.token} what="token" onClose={onClose} />;
  }
  return (
    <Modal opened onClose={onClose} title="New API token">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate({ name: name.trim(), scopes });
        }}
      >
        <TextInput
          label="Name"
          description="What uses it: ci, terraform, a model’s name"
          required
          withAsterisk={false}
          data-autofocus
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <fieldset className={styles.fieldset}>
          <legend>Scopes</legend>
          {scopeWords.map(({ scope, word, meaning }) => (
            <Checkbox
              key={scope}
              label={word}
              description={meaning}
              checked={scopes.includes(scope)}
              onChange={(event) =>
                setScopes(
                  event.currentTarget.checked ? [...scopes, scope] : scopes.filter((each) => each !== scope),
                )
              }
            />
          ))}
        </fieldset>
        {create.isError ? (
          <p className={styles.error} role="alert">
            {create.error.message}
          </p>
        ) : null}
        <Button type="submit" loading={create.isPending} disabled={name.trim() === '' || scopes.length === 0}>
          Create
        </Button>
      </form>
    </Modal>
  );
}
