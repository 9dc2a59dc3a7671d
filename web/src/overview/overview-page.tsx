import { useQuery } from '@tanstack/react-query';
import { overviewQuery } from '../api/queries.ts';
import { Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { QuietBanner } from '../quiet/quiet-banner.tsx';
import { Backups } from './backups.tsx';
import { ConfigurationBanner } from './configuration-banner.tsx';
import { EndBanner } from './end-banner.tsx';
import { FirstSteps } from './first-steps.tsx';
import { Headline } from './headline.tsx';
import { IncidentCards } from './incident-cards.tsx';
import styles from './overview.module.css';
import { Services } from './services.tsx';
import { Targets } from './targets.tsx';

export function OverviewPage() {
  const overview = useQuery(overviewQuery);
  useTitle('Overview', overview.data?.incidents.length ?? 0);
  return (
    <Loaded query={overview} rows={7}>
      {(data) => (
        <div className={styles.stack}>
          <Headline overview={data} />
          {data.incidents.length === 0 ? null : <IncidentCards incidents={data.incidents} />}
          <QuietBanner />
          {data.endedBefore === null ? null : <EndBanner end={data.endedBefore} startedAt={data.startedAt} />}
          {data.configuration.problems.length === 0 ? null : (
            <ConfigurationBanner configuration={data.configuration} />
          )}
          {data.targets.length === 0 ? (
            <FirstSteps file={data.configuration.file} />
          ) : (
            <>
              {data.services.length === 0 ? null : <Services services={data.services} />}
              {data.backups.length === 0 ? null : <Backups plans={data.backups} />}
              <Targets targets={data.targets} gaps={data.gaps} />
            </>
          )}
        </div>
      )}
    </Loaded>
  );
}
