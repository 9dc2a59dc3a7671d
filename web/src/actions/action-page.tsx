import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { actionQuery } from '../api/queries.ts';
import { ApiError } from '../api/request.ts';
import { NotFound } from '../parts/not-found.tsx';
import { PageHead, Panel } from '../parts/panel.tsx';
import { Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { ActionCard } from './action-card.tsx';

export function ActionPage() {
  const { id } = useParams({ from: '/actions/$id' });
  const action = useQuery(actionQuery(id));
  useTitle(action.data?.plan.summary ?? 'Action');
  if (action.error instanceof ApiError && action.error.status === 404) return <NotFound />;
  return (
    <Loaded query={action} rows={4}>
      {(data) => (
        <>
          <PageHead
            above={
              <>
                <Link to="/actions">Actions</Link>
                <span aria-hidden>/</span>
                <code>{data.id}</code>
              </>
            }
            title={data.plan.action}
          />
          <Panel title="Plan and outcome" flush>
            <ActionCard action={data} isOpenAtFirst />
          </Panel>
        </>
      )}
    </Loaded>
  );
}
