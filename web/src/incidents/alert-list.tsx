import { IconAlertTriangle, IconCircleCheck, IconHourglass } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { AlertView } from '../../../src/core/view.ts';
import { Age } from '../parts/age.tsx';
import { Panel } from '../parts/panel.tsx';
import { useRefusal } from '../parts/permission.ts';
import { Empty } from '../parts/states.tsx';
import styles from './alert-list.module.css';

const states = {
  firing: { word: 'Firing', Icon: IconAlertTriangle },
  pending: { word: 'Pending', Icon: IconHourglass },
  resolved: { word: 'Ended', Icon: IconCircleCheck },
};
const order = ['firing', 'pending', 'resolved'];

export function AlertList({
  alerts,
  isOfTarget = false,
}: {
  alerts: readonly AlertView[];
  isOfTarget?: boolean;
}) {
  const sorted = [...alerts].sort(
    (a, b) => order.indexOf(a.state) - order.indexOf(b.state) || b.since - a.since,
  );
  return (
    <Panel title="Alerts" count={alerts.length} flush>
      {alerts.length === 0 ? (
        <Empty title="No alert" />
      ) : (
        <ul aria-label="Alerts">
          {sorted.map((alert) => (
            <AlertRow key={alert.id} alert={alert} isOfTarget={isOfTarget} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function AlertRow({ alert, isOfTarget }: { alert: AlertView; isOfTarget: boolean }) {
  const { word, Icon } = states[alert.state];
  const tone = alert.state === 'firing' ? alert.ruleLevel : 'quiet';
  const labels = Object.entries(alert.labels);
  return (
    <li className={styles.alert}>
      <p className={styles.head}>
        <span className={styles.state} data-tone={tone}>
          <Icon size={15} aria-hidden /> {word}
        </span>
        <span className={styles.faint}>
          {alert.state === 'firing' ? alert.ruleLevel : null} <Age at={alert.resolvedAt ?? alert.since} />
        </span>
      </p>
      <p className={styles.summary}>{alert.summary}</p>
      {alert.detail === '' ? null : <p className={styles.detail}>{alert.detail}</p>}
      <p className={styles.faint}>
        {isOfTarget ? null : (
          <>
            <Link to="/targets/$name" params={{ name: alert.target }}>
              {alert.target}
            </Link>
            {' · '}
          </>
        )}
        <Link to="/rules/$rule" params={{ rule: alert.rule }}>
          <code>{alert.rule}</code>
        </Link>
        {labels.map(([name, value]) => (
          <code key={name}>
            {' '}
            {name}={value}
          </code>
        ))}
        {alert.said === undefined
          ? null
          : ` · ${alert.said}${alert.firedAt === null ? '' : ' when it fired'}`}
        {alert.state === 'resolved' ? null : alert.heldBy === null ? (
          <SilenceLink alert={alert} />
        ) : (
          <>
            {' · '}
            <Held by={alert.heldBy} />
          </>
        )}
        {isOfTarget && alert.incidentId !== null ? (
          <>
            {' · '}
            <Link to="/incidents/$id" params={{ id: alert.incidentId }}>
              incident
            </Link>
          </>
        ) : null}
      </p>
    </li>
  );
}

function SilenceLink({ alert }: { alert: AlertView }) {
  const refusal = useRefusal('operate');
  if (refusal !== null) return null;
  return (
    <>
      {' · '}
      <Link to="/silences" search={{ new: `target=${alert.target},rule=${alert.rule}` }}>
        silence
      </Link>
    </>
  );
}

function Held({ by }: { by: string }) {
  if (by.startsWith('resolved:')) return <span>resolved by hand while it fired</span>;
  const isWindow = by.startsWith('maintenance:');
  return (
    <Link to={isWindow ? '/maintenance' : '/silences'}>
      {isWindow ? `held back by ${by.slice('maintenance:'.length)}` : 'held back by a silence'}
    </Link>
  );
}
