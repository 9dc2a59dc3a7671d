import type { GuardPolicy } from '../api/guard.ts';
import { formatSpan } from '../format/time.ts';
import { Panel } from '../parts/panel.tsx';
import styles from './guard.module.css';

/** The policy file as it is in force. */
export function PolicyPanel({ view }: { view: GuardPolicy }) {
  const { budgets } = view;
  return (
    <Panel title="The policy in force">
      <div className={styles.columns}>
        <Lines
          title="By itself"
          tone="ok"
          lines={view.always}
          none="Nothing: every action waits for a person."
        />
        <Lines title="After a yes" tone="warning" lines={view.ask} none="Nothing." />
        <Lines
          title="Never"
          tone="critical"
          lines={view.never}
          none="No line; what no line names is not done either."
        />
      </div>
      <dl className={styles.limits}>
        <div>
          <dt>By itself at most</dt>
          <dd>
            {budgets.perTargetPerHour} an hour on a target, {budgets.perIncident} for a cause of an incident,{' '}
            {budgets.perDay} a day; then {budgets.whenUsedUp === 'deny' ? 'no more' : 'only after a yes'}
          </dd>
        </div>
        <div>
          <dt>A plan waits for its yes</dt>
          <dd>
            {formatSpan(view.approvalTtlMs)}
            {view.fourEyes ? ', and nobody approves what they asked for themselves' : ''}
          </dd>
        </div>
        <div>
          <dt>Peak hours</dt>
          <dd>{view.peakHours === null ? 'as measured' : `${view.peakHours} (${view.timezone})`}</dd>
        </div>
      </dl>
      <details className={styles.known}>
        <summary>What no policy lifts</summary>
        <ul className={styles.prohibitions}>
          {view.prohibitions.map(({ id, text }) => (
            <li key={id}>{text}</li>
          ))}
        </ul>
      </details>
      <p className={styles.hint}>
        The lines stand below <code>guard:</code> in upkeep.yaml. A no beats a question, a question beats a
        yes; <code>upkeep guard simulate</code> plays another policy over the past.
      </p>
    </Panel>
  );
}

function Lines({
  title,
  tone,
  lines,
  none,
}: {
  title: string;
  tone: string;
  lines: readonly string[];
  none: string;
}) {
  return (
    <section className={styles.lines} data-tone={tone} aria-label={title}>
      <h3>{title}</h3>
      {lines.length === 0 ? (
        <p className={styles.soft}>{none}</p>
      ) : (
        <ul>
          {lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </section>
  );
}
