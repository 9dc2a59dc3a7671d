import { Button, NativeSelect } from '@mantine/core';
import { IconFileDiff, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import type { Level } from '../../../src/core/severity.ts';
import { useEditConfiguration } from '../api/configuration.ts';
import type { OnCallView } from '../api/oncall.ts';
import { levels } from '../format/levels.ts';
import { CodeText } from '../parts/copy.tsx';
import { Panel } from '../parts/panel.tsx';
import { useRefusal } from '../parts/permission.ts';
import { PermittedButton } from '../parts/permitted-button.tsx';
import { DiffDialog } from './diff-dialog.tsx';
import { changesOf, type Draft, type DraftPolicy, draftOf, faultOf } from './escalation-draft.ts';
import styles from './escalation-editor.module.css';
import { escalationYaml } from './escalation-yaml.ts';
import { PolicyEditor } from './policy-editor.tsx';

const own = ' own';

export function EscalationEditor({
  oncall,
  notifiers,
  file,
}: {
  oncall: OnCallView;
  notifiers: readonly string[];
  file: string | null;
}) {
  // What was there when editing began: a refresh in the background takes nothing away.
  const [before, setBefore] = useState<Draft>(() => draftOf(oncall));
  const [draft, setDraft] = useState<Draft>(before);
  const look = useEditConfiguration();
  const refusal = useRefusal('admin');
  const changes = changesOf(before, draft);
  const fault = faultOf(draft);
  const callable = [
    ...notifiers,
    ...oncall.rotations.map(({ name }) => name),
    ...oncall.people.map(({ id }) => id),
  ];
  const changePolicy = (index: number, policy: DraftPolicy | null) => {
    look.reset();
    setDraft({
      ...draft,
      policies: draft.policies.flatMap((one, at) => (at !== index ? [one] : policy === null ? [] : [policy])),
    });
  };
  return (
    <div className={styles.columns}>
      <fieldset className={styles.main} disabled={refusal !== null}>
        {refusal === null ? null : (
          <p className={styles.note} role="status">
            You may read the escalation, not change it. {refusal}.
          </p>
        )}
        {draft.policies.map((policy, index) => (
          <PolicyEditor
            key={`policy-${String(index)}`}
            policy={policy}
            isNew={!before.policies.some(({ name }) => name === policy.name)}
            isUsed={levels.some((level) => draft.policyOf[level] === policy.name)}
            callable={callable}
            onChange={(next) => changePolicy(index, next)}
          />
        ))}
        <div>
          <Button
            variant="default"
            leftSection={<IconPlus size={16} />}
            onClick={() =>
              setDraft({
                ...draft,
                policies: [
                  ...draft.policies,
                  {
                    name: `policy-${draft.policies.length + 1}`,
                    steps: [{ key: 0, after: '', notify: [] }],
                    ...{ times: '', every: '', unacknowledgeAfter: '' },
                  },
                ],
              })
            }
          >
            Add a policy
          </Button>
        </div>
        <Panel title="Which policy for which level">
          <div className={styles.levels}>
            {levels.map((level) => (
              <LevelChoice key={level} level={level} draft={draft} onChange={setDraft} />
            ))}
          </div>
        </Panel>
      </fieldset>
      <aside className={styles.side} aria-label="The YAML of it">
        <Panel title="upkeep.yaml">
          <CodeText text={escalationYaml(draft)} what="YAML" />
          {fault === null ? null : (
            <p className={styles.fault} role="status">
              {fault}
            </p>
          )}
          <p className={styles.note}>
            Under <code>oncall</code> this takes the place of <code>policies</code> and{' '}
            <code>escalation</code>; people, rotations and what else stands there are not in it.
          </p>
          {file === null ? (
            <p className={styles.note}>
              There is no file in use; paste this into the one you start Upkeep with.
            </p>
          ) : (
            <>
              <p className={styles.note}>
                {changes.length === 0
                  ? 'Nothing is changed yet.'
                  : `Goes into ${file}; all else there stays as it is written.`}
              </p>
              <PermittedButton
                needs="admin"
                fullWidth
                mt="sm"
                leftSection={<IconFileDiff size={17} />}
                disabled={changes.length === 0 || fault !== null}
                loading={look.isPending}
                onClick={() => look.mutate({ changes, write: false })}
              >
                Check and show the difference
              </PermittedButton>
            </>
          )}
          {look.isError ? (
            <p className={styles.fault} role="alert">
              {look.error.message}
            </p>
          ) : null}
        </Panel>
      </aside>
      {look.data === undefined ? null : (
        <DiffDialog
          edit={look.data}
          changes={changes}
          onClose={() => look.reset()}
          onWritten={() => {
            look.reset();
            setBefore(draft);
          }}
        />
      )}
    </div>
  );
}

function LevelChoice({
  level,
  draft,
  onChange,
}: {
  level: Level;
  draft: Draft;
  onChange: (draft: Draft) => void;
}) {
  const chosen = draft.policyOf[level];
  return (
    <NativeSelect
      label={level}
      data={[
        ...(chosen === null
          ? [
              {
                value: own,
                label: draft.ownSteps[level] !== undefined ? 'its own steps' : 'nobody is called',
              },
            ]
          : []),
        ...draft.policies.map(({ name }) => name),
      ]}
      value={chosen ?? own}
      onChange={(event) => {
        const value = event.currentTarget.value;
        onChange({ ...draft, policyOf: { ...draft.policyOf, [level]: value === own ? null : value } });
      }}
    />
  );
}
