import { IconHeartbeat } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type HeartbeatView, heartbeatsQuery } from '../api/channels.ts';
import { overviewQuery } from '../api/queries.ts';
import { formatSpan } from '../format/time.ts';
import { count, type Tone } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import { CodeText } from '../parts/copy.tsx';
import { Heartbeat } from '../parts/heartbeat.tsx';
import { Chip } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { Empty, Loaded } from '../parts/states.tsx';
import { AddressButton } from './address-button.tsx';
import styles from './channels.module.css';

export function HeartbeatPanel() {
  const heartbeats = useQuery(heartbeatsQuery);
  return (
    <Panel title="Heartbeats of jobs" count={heartbeats.data?.length} flush>
      <Loaded query={heartbeats}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={<IconHeartbeat size={28} />} title="No job reports its runs">
              Add a target with <code>system: heartbeat</code> to upkeep.yaml, then make its address here.
            </Empty>
          ) : (
            <ul aria-label="Heartbeats">
              {list.map((one) => (
                <Row key={one.target} one={one} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

const tones: Record<'success' | 'failure', Tone> = { success: 'ok', failure: 'critical' };

function Row({ one }: { one: HeartbeatView }) {
  const { outcome } = one;
  const target = useQuery(overviewQuery).data?.targets.find(({ name }) => name === one.target);
  return (
    <li className={rows.row}>
      <div className={rows.what}>
        <p className={rows.marks}>
          <Link to="/targets/$name" params={{ name: one.target }} className={rows.title}>
            {one.target}
          </Link>
          {one.hasAddress ? null : <Chip tone="warning">has no address yet</Chip>}
          <Chip tone={outcome === null ? 'unknown' : tones[outcome]}>
            {outcome ?? 'unknown: it never reported'}
          </Chip>
        </p>
        <p className={rows.sub}>
          {one.lastAt === null ? (
            'No run yet'
          ) : (
            <>
              Last <Age at={one.lastAt} />
            </>
          )}
          {one.durationMs === null ? '' : `, took ${formatSpan(one.durationMs)}`}
          {one.runs === 0 ? '' : ` · ${count(one.runs, 'run')}`}
          {one.reason === null ? '' : ` · ${one.reason}`}
        </p>
        {target === undefined || target.recent.length === 0 ? null : (
          <Heartbeat recent={target.recent} lastAt={target.lastAt} everyMs={target.everyMs} />
        )}
        {one.hasAddress && one.createdAt !== null ? (
          <p className={rows.sub}>
            address made <Age at={one.createdAt} />
            {one.createdBy === null ? '' : ` by ${one.createdBy}`}; only its hash is kept
          </p>
        ) : null}
        {one.output === null || one.output === '' ? null : (
          <details className={styles.output}>
            <summary>The end of its output</summary>
            <CodeText text={one.output} what="output" />
          </details>
        )}
      </div>
      <AddressButton one={one} />
    </li>
  );
}
