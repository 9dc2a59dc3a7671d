import { IconCoffee } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ActionView } from '../../../src/core/view.ts';
import { actionsQuery } from '../api/queries.ts';
import { liveStates } from '../format/words.ts';
import { PageHead, Panel } from '../parts/panel.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { ActionCard } from './action-card.tsx';
import styles from './actions-page.module.css';

export function ActionsPage() {
  useTitle('Actions');
  const actions = useQuery(actionsQuery);
  return (
    <>
      <PageHead
        title="Actions"
        lead="Every change to a watched system: planned, judged by the guard, applied with a permit, verified. Nothing is changed without one."
      />
      <Loaded query={actions}>{(list) => <Lists actions={list} />}</Loaded>
    </>
  );
}

function Lists({ actions }: { actions: readonly ActionView[] }) {
  const newestFirst = [...actions].sort((a, b) => b.proposedAt - a.proposedAt);
  const waiting = newestFirst.filter(({ state }) => state === 'awaiting-approval');
  const running = newestFirst.filter(
    ({ state }) => state !== 'awaiting-approval' && liveStates.includes(state),
  );
  const ended = newestFirst.filter(({ state }) => !liveStates.includes(state));
  return (
    <div className={styles.stack}>
      <Panel title="Waiting for approval" count={waiting.length} flush>
        {waiting.length === 0 ? (
          <Empty icon={<IconCoffee size={28} />} title="Nothing waits for you" />
        ) : (
          waiting.map((action, at) => <ActionCard key={action.id} action={action} isOpenAtFirst={at === 0} />)
        )}
      </Panel>
      {running.length === 0 ? null : (
        <Panel title="Under way" count={running.length} flush>
          {running.map((action) => (
            <ActionCard key={action.id} action={action} />
          ))}
        </Panel>
      )}
      <Panel title="Ended" count={ended.length} flush>
        {ended.length === 0 ? (
          <Empty title="No action has ended yet" />
        ) : (
          ended.map((action) => <ActionCard key={action.id} action={action} />)
        )}
      </Panel>
    </div>
  );
}
