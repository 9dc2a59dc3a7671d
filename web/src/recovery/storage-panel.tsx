import { useQuery } from '@tanstack/react-query';
import { reasonWords } from '../../../src/core/backup/deletion.ts';
import { type BackupListView, type BackupView, deletionQuery, type PlanView } from '../api/backups.ts';
import { formatBytes, formatRatio } from '../format/numbers.ts';
import { count } from '../format/words.ts';
import { AreaChart } from '../parts/area-chart.tsx';
import { Panel } from '../parts/panel.tsx';
import styles from './backups.module.css';
import { laidDown } from './reach.ts';

/** What lies there, how it grew, and for which reason it is kept. */
export function StoragePanel({
  plan,
  backups,
  foreign,
}: {
  plan: PlanView;
  backups: readonly BackupView[];
  foreign: BackupListView['foreign'];
}) {
  const here = laidDown(backups, false);
  const elsewhere = laidDown(backups, true);
  const strange = foreign.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  return (
    <Panel title="Storage">
      <div className={styles.charts}>
        <figure className={styles.chart}>
          <figcaption>
            <b>Here</b> <strong>{formatBytes(here.bytes.at(-1) ?? 0)}</strong> in{' '}
            {count(here.at.length, 'backup')}
            {plan.offsite === null
              ? ''
              : `, off-site ${formatBytes(elsewhere.bytes.at(-1) ?? 0)} in ${count(elsewhere.at.length, 'copy', 'copies')}`}
            {foreign.length === 0
              ? ''
              : `, and ${formatBytes(strange)} that this Upkeep did not take (${count(foreign.length, 'thing')})`}
          </figcaption>
          <Grown {...here} />
          <p className={styles.path}>
            <code>{plan.folder}</code>
          </p>
        </figure>
        <Reasons name={plan.name} />
      </div>
    </Panel>
  );
}

function Grown({ at, bytes }: { at: readonly number[]; bytes: readonly number[] }) {
  const [first, last] = [at[0], at.at(-1)];
  if (first === undefined || last === undefined || first === last)
    return <p className={styles.sub}>A line needs two backups.</p>;
  return (
    <AreaChart
      label={`Bytes that lie here, ${formatBytes(bytes.at(-1) ?? 0)} now`}
      at={at}
      values={bytes}
      from={first}
      to={last}
      max={roundUp(Math.max(1, ...bytes))}
      format={formatBytes}
    />
  );
}

/** To whole units, so that the labels stay short. */
function roundUp(bytes: number): number {
  const unit = 1_024 ** Math.floor(Math.log(bytes) / Math.log(1_024));
  return Math.ceil(bytes / unit) * unit;
}

/** What retention costs: bytes by the reason for which they are kept. */
function Reasons({ name }: { name: string }) {
  const decisions = useQuery(deletionQuery(name)).data?.[0]?.decisions ?? [];
  const all = decisions.reduce((sum, { bytes }) => sum + bytes, 0);
  const groups = [...Map.groupBy(decisions, ({ reason }) => reason)]
    .map(([reason, those]) => ({
      reason,
      amount: those.length,
      bytes: those.reduce((sum, { bytes }) => sum + bytes, 0),
    }))
    .toSorted((a, b) => b.bytes - a.bytes);
  if (groups.length === 0) return null;
  return (
    <figure className={styles.chart}>
      <figcaption>
        <b>What retention costs</b> by the reason that keeps it
      </figcaption>
      <ul className={styles.reasons} aria-label="Bytes by reason">
        {groups.map(({ reason, amount, bytes }) => (
          <li key={reason}>
            <span>{reasonWords[reason]}</span>
            <span data-figures>
              {formatBytes(bytes)} <span className={styles.sub}>{count(amount, 'backup')}</span>
            </span>
            <span className={styles.bar} aria-hidden>
              <i style={{ width: `${all === 0 ? 0 : (bytes / all) * 100}%` }} />
            </span>
            <span className={styles.hidden}>{formatRatio(all === 0 ? 0 : bytes / all)} of all</span>
          </li>
        ))}
      </ul>
    </figure>
  );
}
