import { Button, NativeSelect } from '@mantine/core';
import { IconDatabaseExport, IconLifebuoy } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { type BackupListView, backupsQuery, type PlanView, useTake } from '../api/backups.ts';
import { serverNow } from '../api/connection.ts';
import { PageHead } from '../parts/panel.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import rows from '../parts/rows.module.css';
import { Empty, Loaded } from '../parts/states.tsx';
import { tellDone, tellFailure, tellWarning } from '../parts/tell.ts';
import { useTitle } from '../parts/title.ts';
import styles from './backups.module.css';
import { DeletionPanel } from './deletion-panel.tsx';
import { HistoryPanel } from './history-panel.tsx';
import { ProvenCards } from './proven-cards.tsx';
import { StoragePanel } from './storage-panel.tsx';
import { StrangersPanel } from './strangers-panel.tsx';
import { TimelinePanel } from './timeline-panel.tsx';

export function BackupsPage() {
  useTitle('Backups');
  const found = useQuery(backupsQuery);
  return (
    <>
      <PageHead
        title={found.data === undefined ? 'Backups' : headline(found.data.plans)}
        lead="A backup is one when a restore has proven it: that stands first, then what was taken, what can be brought back, and what will go."
        aside={
          <Button
            variant="default"
            leftSection={<IconLifebuoy size={16} />}
            component={Link}
            to="/recovery-plan"
          >
            Recovery plan
          </Button>
        }
      />
      <Loaded query={found} rows={6}>
        {(view) =>
          view.plans.length === 0 ? (
            <Empty icon={<IconDatabaseExport size={28} />} title="Nothing is backed up">
              Say what under <code>backups:</code> in upkeep.yaml; the guide to backups shows how.
            </Empty>
          ) : (
            <Stack view={view} />
          )
        }
      </Loaded>
    </>
  );
}

function headline(plans: readonly PlanView[]): string {
  if (plans.length === 0) return 'Nothing is backed up';
  const never = plans.filter((plan) => plan.proven === null && plan.lapsed === undefined).length;
  if (never === plans.length) return 'No restore has proven any backup';
  if (never > 0) return `${never} of ${plans.length} never proven by a restore`;
  const wrong = plans.filter((plan) => plan.wrong.length > 0).length;
  if (wrong > 0) return `${wrong} of ${plans.length} not as it should be`;
  return plans.length === 1 ? 'Proven by a restore' : `All ${plans.length} proven by a restore`;
}

function Stack({ view }: { view: BackupListView }) {
  const search = useSearch({ from: '/backups' });
  const navigate = useNavigate({ from: '/backups' });
  const plan = view.plans.find(({ name }) => name === search.plan) ?? view.plans[0];
  // One moment for all that is drawn of one answer.
  // biome-ignore lint/correctness/useExhaustiveDependencies: read anew with each answer
  const now = useMemo(() => serverNow(), [view]);
  if (plan === undefined) return null;
  const backups = view.backups.filter((one) => one.plan === plan.name);
  const foreign = view.foreign.filter((one) => one.plan === plan.name);
  return (
    <div className={rows.stack}>
      <ProvenCards plans={view.plans} backups={view.backups} now={now} />
      <div className={styles.chooser}>
        {view.plans.length === 1 ? (
          <h2>{plan.name}</h2>
        ) : (
          <NativeSelect
            label="Look at"
            value={plan.name}
            data={view.plans.map(({ name, target }) => ({ value: name, label: `${name} (${target})` }))}
            onChange={(event) =>
              void navigate({ search: { plan: event.currentTarget.value }, resetScroll: false })
            }
          />
        )}
        <Take plan={plan} />
      </div>
      <TimelinePanel key={plan.name} plan={plan} backups={backups} now={now} />
      <HistoryPanel plan={plan} backups={backups} />
      <StrangersPanel name={plan.name} foreign={foreign} />
      <DeletionPanel plan={plan} backups={backups} />
      <StoragePanel plan={plan} backups={backups} foreign={foreign} />
    </div>
  );
}

function Take({ plan }: { plan: PlanView }) {
  const take = useTake(plan.name);
  const isBusy = take.isPending || plan.underWay !== null;
  return (
    <PermittedButton
      needs="operate"
      variant="default"
      loading={isBusy}
      onClick={() =>
        take.mutate(undefined, {
          onSuccess: ({ state, detail }) =>
            state === 'failed' ? tellWarning('It could not be taken', detail) : tellDone(`Taken: ${detail}`),
          onError: tellFailure,
        })
      }
    >
      Take one now
    </PermittedButton>
  );
}
