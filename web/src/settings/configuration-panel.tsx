import { IconCircleCheckFilled } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { configurationQuery, overviewQuery } from '../api/queries.ts';
import { count } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import { CopyIcon } from '../parts/copy.tsx';
import { Panel } from '../parts/panel.tsx';
import { Problems } from '../parts/problems.tsx';
import { Loaded } from '../parts/states.tsx';
import styles from './settings.module.css';

export function ConfigurationPanel() {
  const configuration = useQuery(configurationQuery);
  const overview = useQuery(overviewQuery);
  return (
    <Panel title="Configuration">
      <Loaded query={configuration} rows={2}>
        {(data) => (
          <>
            <dl className={styles.facts}>
              <div>
                <dt>File</dt>
                <dd>
                  {data.file === null ? (
                    'none: what was found on this machine is watched'
                  ) : (
                    <>
                      <code>{data.file}</code> <CopyIcon value={data.file} what="path" />
                    </>
                  )}
                </dd>
              </div>
              <div>
                <dt>In use since</dt>
                <dd>
                  <Age at={data.loadedAt} />
                </dd>
              </div>
              <div>
                <dt>Watches</dt>
                <dd>
                  {count(data.targets, 'target')} in {count(data.services, 'service')}
                </dd>
              </div>
              <div>
                <dt>Version</dt>
                <dd>{overview.data?.version ?? '–'}</dd>
              </div>
              <div>
                <dt>Time zone of reports</dt>
                <dd>{overview.data?.timezone ?? '–'}</dd>
              </div>
            </dl>
            {data.problems.length === 0 ? (
              <p className={styles.good} data-tone="ok">
                <IconCircleCheckFilled size={17} aria-hidden /> No problems
              </p>
            ) : (
              <>
                <h3 className={styles.sub}>{count(data.problems.length, 'problem')} to put right</h3>
                <Problems problems={data.problems} />
              </>
            )}
          </>
        )}
      </Loaded>
    </Panel>
  );
}
