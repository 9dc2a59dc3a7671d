import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { TargetDetail } from '../../../src/core/view.ts';
import { overviewQuery } from '../api/queries.ts';
import { formatSeconds, unknownText } from '../format/numbers.ts';
import { formatSpan } from '../format/time.ts';
import { blindText } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import { CopyIcon } from '../parts/copy.tsx';
import { TargetNames } from '../parts/fold.tsx';
import { Heartbeat } from '../parts/heartbeat.tsx';
import { HealthMark } from '../parts/marks.tsx';
import { PageHead } from '../parts/panel.tsx';
import styles from './target.module.css';

export function TargetHead({ target }: { target: TargetDetail }) {
  const known = target.recent.filter((beat) => beat !== null).length;
  const up = target.recent.filter((beat) => beat === 1).length;
  return (
    <>
      <PageHead
        above={
          <>
            <Link to="/">Targets</Link>
            <span aria-hidden>/</span>
            <span>{target.system}</span>
            {target.environment === null ? null : <span>in {target.environment}</span>}
            <span className={styles.place}>
              <code className={styles.address}>{target.address}</code>
              <CopyIcon value={target.address} what="address" />
            </span>
          </>
        }
        title={
          <span className={styles.title}>
            {target.name} <HealthMark health={target.health} />
          </span>
        }
        lead={
          target.blindChecks === undefined
            ? target.detail
            : `${target.detail} · ${blindText(target.blindChecks)}: what is missing is said with each below`
        }
        aside={
          <Link to="/policy" search={{ target: target.name }}>
            What may Upkeep do here?
          </Link>
        }
      />
      <dl className={styles.numbers}>
        <div>
          <dt>
            Newest checks, {up} of {known} up
          </dt>
          <dd>
            <Heartbeat recent={target.recent} lastAt={target.lastAt} everyMs={target.everyMs} />
          </dd>
        </div>
        {target.hasLatency === false ? null : (
          <div>
            <dt>Latency</dt>
            <dd data-figures>{target.latency === null ? unknownText : formatSeconds(target.latency)}</dd>
          </div>
        )}
        <div>
          <dt>Checked every {formatSpan(target.everyMs)}</dt>
          <dd>{target.lastAt === null ? 'never' : <Age at={target.lastAt} />}</dd>
        </div>
        <div>
          <dt>Needs</dt>
          <dd className={styles.names}>
            {target.dependsOn.length === 0 ? (
              'nothing else'
            ) : (
              <TargetNames most={6} names={target.dependsOn} />
            )}
          </dd>
        </div>
        <Serves target={target} />
      </dl>
    </>
  );
}

/** Its services; of one that only others stand on, who needs it. */
function Serves({ target }: { target: TargetDetail }) {
  const { data } = useQuery(overviewQuery);
  const above = (data?.targets ?? [])
    .filter(({ dependsOn }) => dependsOn.includes(target.name))
    .map(({ name }) => name);
  const isBelow = target.services.length === 0 && above.length > 0;
  return (
    <div>
      <dt>{isBelow ? 'Needed by' : 'Serves'}</dt>
      <dd className={styles.names}>
        {isBelow ? (
          <TargetNames most={6} names={above} />
        ) : target.services.length === 0 ? (
          'no service'
        ) : (
          target.services.join(', ')
        )}
      </dd>
    </div>
  );
}
