import { Button, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { Outlook } from '../../../src/core/guard/outlook.ts';
import { explainQuery, type GuardPolicy } from '../api/guard.ts';
import { Panel } from '../parts/panel.tsx';
import { Loading } from '../parts/states.tsx';
import { AnswerView, OutlookAnswer } from './answer-view.tsx';
import styles from './guard.module.css';
import { type Draft, fieldsOf, inputOf } from './input-draft.ts';
import { InputFields } from './input-fields.tsx';

/** One question, held by the address: may Upkeep do this to that, now? */
export function AskPanel({ view, target }: { view: GuardPolicy; target: string | undefined }) {
  const { action } = useSearch({ from: '/policy' });
  const navigate = useNavigate({ from: '/policy' });
  const chosen = view.outlook.find((one) => one.action === action);
  return (
    <Panel title="Ask the guard">
      <div className={styles.question}>
        <NativeSelect
          label="Target"
          value={target ?? ''}
          data={[
            { value: '', label: 'choose a target' },
            ...view.targets.map(({ name, system }) => ({ value: name, label: `${name} (${system})` })),
          ]}
          onChange={(event) =>
            void navigate({ search: { target: event.currentTarget.value || undefined }, resetScroll: false })
          }
        />
        <NativeSelect
          label="Action"
          value={chosen?.action ?? ''}
          disabled={target === undefined}
          data={[
            { value: '', label: 'choose an action' },
            ...view.outlook.map((one) => ({ value: one.action, label: one.action })),
          ]}
          onChange={(event) =>
            void navigate({
              search: { target, action: event.currentTarget.value || undefined },
              resetScroll: false,
            })
          }
        />
      </div>
      {target === undefined || chosen === undefined ? (
        <p className={styles.hint}>
          {target === undefined
            ? 'Choose a target: what may be done to it is listed, each with its reason.'
            : 'Choose an action, here or in the list below.'}
        </p>
      ) : (
        <Asked key={`${target} ${chosen.action}`} target={target} outlook={chosen} />
      )}
    </Panel>
  );
}

/** What the policy says at once; the exact answer once the plan can be made. */
function Asked({ target, outlook }: { target: string; outlook: Outlook }) {
  const fields = fieldsOf(outlook.input);
  const [draft, setDraft] = useState<Draft>({});
  const [asked, setAsked] = useState<string | null>(outlook.needs.length === 0 ? '{}' : null);
  const input = inputOf(fields, draft);
  const exact = useQuery({
    ...explainQuery({ action: outlook.action, target, input: asked ?? '{}' }),
    enabled: asked !== null,
  });
  return (
    <div className={styles.asked}>
      <p className={styles.about}>{outlook.summary}.</p>
      {fields.length === 0 ? null : (
        <form
          className={styles.input}
          aria-label={`Input of ${outlook.action}`}
          onSubmit={(event) => {
            event.preventDefault();
            if (input === undefined) return;
            if (asked === input) void exact.refetch();
            else setAsked(input);
          }}
        >
          <InputFields fields={fields} draft={draft} onChange={setDraft} />
          <Button type="submit" variant="default" disabled={input === undefined} loading={exact.isFetching}>
            Ask for exactly this
          </Button>
        </form>
      )}
      <div role="status">
        {asked === null ? (
          <OutlookAnswer outlook={outlook} />
        ) : exact.data === undefined ? (
          exact.isError ? (
            <p className={styles.error}>{exact.error.message}</p>
          ) : (
            <Loading rows={2} label="Planning" />
          )
        ) : (
          <AnswerView answer={exact.data} outlook={outlook} target={target} />
        )}
      </div>
    </div>
  );
}
