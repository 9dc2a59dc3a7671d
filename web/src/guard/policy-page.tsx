import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { policyQuery } from '../api/guard.ts';
import { PageHead } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { Empty, Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { AskPanel } from './ask-panel.tsx';
import { OutlookPanel } from './outlook-panel.tsx';
import { PolicyPanel } from './policy-panel.tsx';

export function PolicyPage() {
  useTitle('Guard');
  const { target } = useSearch({ from: '/policy' });
  const policy = useQuery(policyQuery(target));
  return (
    <>
      <PageHead
        title="May Upkeep do it?"
        lead="The guard answers before anything is changed: yes by itself, only after somebody’s yes, or no. Asking does nothing."
      />
      <Loaded query={policy} rows={6}>
        {(view) => (
          <div className={rows.stack}>
            {view.targets.length === 0 ? (
              <Empty title="Nothing can be done to what is watched">
                Actions come with systems such as postgres, redis, process or container.
              </Empty>
            ) : (
              <AskPanel view={view} target={target} />
            )}
            {target === undefined || view.outlook.length === 0 ? null : (
              <OutlookPanel target={target} outlook={view.outlook} />
            )}
            <PolicyPanel view={view} />
          </div>
        )}
      </Loaded>
    </>
  );
}
