import { IconAlertTriangle, IconCircleCheck, IconHourglass } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { named, type Some } from '../../../src/core/fold.ts';
import { alertGroups, alertsListed } from '../../../src/core/incident/many.ts';
import type { AlertView } from '../../../src/core/view.ts';
import { count } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import fold from '../parts/fold.module.css';
import { Panel } from '../parts/panel.tsx';
import { useRefusal } from '../parts/permission.ts';
import { Empty } from '../parts/states.tsx';
import styles from './alert-list.module.css';

const states = {
  firing: { word: 'Firing', Icon: IconAlertTriangle },
  pending: { word: 'Pending', Icon: IconHourglass },
  resolved: { word: 'Ended', Icon: IconCircleCheck },
};
const order = ['firing', 'pending', 'resolved'] as const;

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
    <Panel title="Alerts" count={alerts.length} aside={<States alerts={alerts} />} flush>
      {alerts.length === 0 ? (
        <Empty title="No alert" />
      ) : (
        <ul aria-label="Alerts">
          {alertGroups(sorted)
            .toSorted((a, b) => order.indexOf(a[0].state) - order.indexOf(b[0].state))
            .map((group) =>
              group.length === 1 ? (
                <AlertRow key={group[0].id} alert={group[0]} isOfTarget={isOfTarget} />
              ) : (
                <AlertGroup
                  key={`${group[0].rule} ${group[0].state}`}
                  group={group}
                  isOfTarget={isOfTarget}
                />
              ),
            )}
        </ul>
      )}
    </Panel>
  );
}

/** Of many, how many are in each state. */
function States({ alerts }: { alerts: readonly AlertView[] }) {
  if (alerts.length <= alertsListed) return null;
  const counts = order.flatMap((state) => {
    const many = alerts.filter((alert) => alert.state === state).length;
    return many === 0 ? [] : [`${many} ${states[state].word.toLowerCase()}`];
  });
  return <span className={styles.faint}>{counts.join(', ')}</span>;
}

/** Many of one rule: `http.down on 61 targets`; each of them unfolds. */
function AlertGroup({ group, isOfTarget }: { group: Some<AlertView>; isOfTarget: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const [{ state, rule, summary, ruleLevel }] = group;
  const { word, Icon } = states[state];
  const targets = [...new Set(group.map(({ target }) => target))];
  const first = Math.min(...group.map((alert) => alert.resolvedAt ?? alert.since));
  const list = `each-${rule}-${state}`;
  return (
    <li className={styles.group}>
      <div className={styles.alert}>
        <p className={styles.head}>
          <span className={styles.state} data-tone={state === 'firing' ? ruleLevel : 'quiet'}>
            <Icon size={15} aria-hidden /> {group.length} {word.toLowerCase()}
          </span>
          <span className={styles.faint}>
            {state === 'firing' ? ruleLevel : null} <Age at={first} />
          </span>
        </p>
        <p className={styles.summary}>
          {summary}
          {targets.length === 1 ? '' : ` on ${count(targets.length, 'target')}`}
        </p>
        <p className={styles.faint}>
          {targets.length === 1 ? null : `${named(targets, 3)} · `}
          <Link to="/rules/$rule" params={{ rule }}>
            <code>{rule}</code>
          </Link>
          {' · '}
          <button
            type="button"
            className={fold.more}
            aria-expanded={isOpen}
            aria-controls={list}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? 'Fold' : 'Show each'}
          </button>
        </p>
      </div>
      {isOpen ? (
        <ul id={list} className={styles.each} aria-label={`${rule}, ${word.toLowerCase()}`}>
          {group.map((alert) => (
            <AlertRow key={alert.id} alert={alert} isOfTarget={isOfTarget} />
          ))}
        </ul>
      ) : null}
    </li>
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
      {alert.firstDetail === undefined ? null : (
        <p className={styles.faint}>When it fired: {alert.firstDetail}</p>
      )}
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
        {alert.now === undefined ? null : ` · now ${alert.now}`}
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
