import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { targetQuery } from '../api/queries.ts';
import { ApiError } from '../api/request.ts';
import { AlertList } from '../incidents/alert-list.tsx';
import { NotFound } from '../parts/not-found.tsx';
import { Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { Charts } from './charts.tsx';
import { CheckPanel } from './check-panel.tsx';
import styles from './target.module.css';
import { TargetHead } from './target-head.tsx';

export function TargetPage() {
  const { name } = useParams({ from: '/targets/$name' });
  const target = useQuery(targetQuery(name));
  useTitle(name);
  if (target.error instanceof ApiError && target.error.status === 404) return <NotFound />;
  return (
    <Loaded query={target} rows={7}>
      {(data) => (
        <div className={styles.stack}>
          <TargetHead target={data} />
          {data.alerts.length === 0 ? null : <AlertList alerts={data.alerts} isOfTarget />}
          <Charts target={data} />
          <CheckPanel checks={data.checks} />
        </div>
      )}
    </Loaded>
  );
}
