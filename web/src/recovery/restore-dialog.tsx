import { Button, Modal, SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { RestoreOutcome } from '../../../src/verbs/backup/restore.ts';
import {
  type PlanView,
  type RestorePlan,
  type RestoreWish,
  restorePlanQuery,
  useRestore,
} from '../api/backups.ts';
import { formatBytes } from '../format/numbers.ts';
import { formatMoment, formatSpan } from '../format/time.ts';
import { CodeText } from '../parts/copy.tsx';
import forms from '../parts/form.module.css';
import { PermittedButton } from '../parts/permitted-button.tsx';
import { Loading } from '../parts/states.tsx';
import styles from './backups.module.css';
import { commandIn } from './command-in.ts';
import { placesOf, type Where } from './places.ts';

/** What a restore would do and lose, found out by the engine itself; then the guard decides. */
export function RestoreDialog({
  plan,
  until,
  onClose,
}: {
  plan: PlanView;
  until: number;
  onClose: () => void;
}) {
  const places = placesOf(plan);
  const [where, setWhere] = useState<Where>(places[0]?.value ?? 'folder');
  const [place, setPlace] = useState(places[0]?.usual ?? '');
  const [why, setWhy] = useState('');
  const [settled] = useDebouncedValue(place, 400);
  const into = where === 'over' ? 'over' : `${where}:${settled}`;
  const wish: RestoreWish = { of: plan.name, until: new Date(until).toISOString(), into };
  const isNamed = where === 'over' || settled !== '';
  const planned = useQuery({ ...restorePlanQuery(wish), enabled: isNamed });
  const restore = useRestore();
  const isPossible = planned.data !== undefined && planned.data.impossible === null;
  if (restore.data) return <Outcome outcome={restore.data} onClose={onClose} />;
  return (
    <Modal opened onClose={onClose} title={titleOf(plan.name, until, planned.data)} size="lg">
      <form
        className={forms.form}
        onSubmit={(event) => {
          event.preventDefault();
          restore.mutate({ ...wish, why });
        }}
      >
        {places.length < 2 ? null : (
          <SegmentedControl
            aria-label="Where to"
            value={where}
            onChange={(value) => {
              const chosen = places.find((one) => one.value === value);
              if (chosen === undefined) return;
              setWhere(chosen.value);
              setPlace(chosen.usual);
            }}
            data={places.map(({ value, label }) => ({ value, label }))}
          />
        )}
        {where === 'over' ? null : (
          <TextInput
            label={where === 'database' ? 'Name of the new database' : 'Empty folder on this machine'}
            value={place}
            onChange={(event) => setPlace(event.currentTarget.value)}
          />
        )}
        {isNamed ? (
          <Planned query={planned} />
        ) : (
          <p className={forms.note}>Say where to; then it is planned.</p>
        )}
        <TextInput
          label="Why"
          placeholder="goes into the journal"
          value={why}
          required
          onChange={(event) => setWhy(event.currentTarget.value)}
        />
        {restore.error === null ? null : (
          <p className={forms.error} role="alert">
            {restore.error.message}
          </p>
        )}
        <div className={forms.buttons}>
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
          <PermittedButton
            needs="operate"
            type="submit"
            loading={restore.isPending}
            disabled={!isPossible || planned.isFetching || place !== settled}
          >
            {where === 'over' ? 'Ask the guard' : 'Restore it there'}
          </PermittedButton>
        </div>
      </form>
    </Modal>
  );
}

/** The moment that it reaches, not the one that was asked for: a dump knows one alone. */
function titleOf(name: string, until: number, planned: RestorePlan | undefined): string {
  if (planned === undefined) return `Restore ${name}`;
  return planned.reaches === null
    ? `Restore ${name} to ${formatMoment(until)}`
    : `Restore ${name} as of ${formatMoment(planned.reaches)}`;
}

/** Commands that people are to run are told to be copied. */
function Step({ step }: { step: string }) {
  const [words, command] = commandIn(step);
  return (
    <li>
      {words}
      {command === null ? null : <CodeText text={command} what="the command" />}
    </li>
  );
}

function Planned({ query }: { query: { data?: RestorePlan | undefined; error: Error | null } }) {
  if (query.error !== null)
    return (
      <p className={forms.error} role="alert">
        {query.error.message}
      </p>
    );
  const plan = query.data;
  if (plan === undefined) return <Loading rows={3} label="It is planned" />;
  return (
    <div className={styles.plan}>
      {plan.impossible === null ? null : (
        <p className={forms.error} role="alert">
          Not possible: {plan.impossible}
        </p>
      )}
      {plan.passedOver === null ? null : (
        <p className={styles.wrong} role="alert">
          Mind: {plan.passedOver}
        </p>
      )}
      {plan.doubt === null ? null : (
        <p className={styles.wrong} role="alert">
          {plan.doubt}
        </p>
      )}
      <p>
        {plan.reaches === null ? 'It reaches no moment' : `It reaches ${formatMoment(plan.reaches)}`}, from
        the backup of {formatMoment(plan.startedAt)} ({formatBytes(plan.storedBytes)} stored
        {plan.restoredBytes === null ? null : `, ${formatBytes(plan.restoredBytes)} restored`}).
      </p>
      <h3>What would be lost</h3>
      <ul aria-label="What would be lost" className={styles.losses}>
        {plan.losses.length === 0 ? <li>nothing that is known</li> : null}
        {plan.losses.map((loss) => (
          <li key={loss}>{loss}</li>
        ))}
      </ul>
      <h3>What would be done</h3>
      <ol aria-label="What would be done" className={styles.steps}>
        {plan.steps.map((step) => (
          <Step key={step} step={step} />
        ))}
      </ol>
    </div>
  );
}

function Outcome({ outcome, onClose }: { outcome: RestoreOutcome; onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Restore">
      <div className={forms.form}>
        <OutcomeWords outcome={outcome} />
        <div className={forms.buttons}>
          <Button onClick={onClose}>Close</Button>
        </div>
      </div>
    </Modal>
  );
}

function OutcomeWords({ outcome }: { outcome: RestoreOutcome }) {
  if (outcome.kind === 'restored') {
    const { at, tookMs, short } = outcome.restored;
    return (
      <>
        <p>
          Restored in {formatSpan(tookMs)}: {at}
        </p>
        {short !== undefined && <p role="alert">Not all of it came back: {short}</p>}
      </>
    );
  }
  if (outcome.kind !== 'proposed') return <p>It is under way; the journal tells when it is done.</p>;
  const { proposed } = outcome;
  if ('refused' in proposed) return <p role="alert">The guard refused: {proposed.refused}</p>;
  return (
    <p>
      The guard has it: {proposed.action.judgement.reason}.{' '}
      <Link to="/actions/$id" params={{ id: proposed.action.id }}>
        Read and decide
      </Link>
    </p>
  );
}
