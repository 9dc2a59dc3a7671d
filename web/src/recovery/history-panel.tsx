import { Link } from '@tanstack/react-router';
import type { BackupView, PlanView } from '../api/backups.ts';
import { formatMoment, formatSpan, formatTook } from '../format/time.ts';
import { count } from '../format/words.ts';
import { AreaChart } from '../parts/area-chart.tsx';
import { Panel } from '../parts/panel.tsx';
import { Empty } from '../parts/states.tsx';
import styles from './backups.module.css';
import { type MeasuredRestore, measuredOf } from './reach.ts';

/** What restores took and would have lost, drill by drill, against what is allowed. */
export function HistoryPanel({ plan, backups }: { plan: PlanView; backups: readonly BackupView[] }) {
  const measured = measuredOf(backups);
  const { rtoMs, rpoMs } = plan.objectives;
  return (
    <Panel
      title="Restores that were tried"
      count={measured.length}
      aside={<Link to="/drills">All fire drills</Link>}
    >
      {measured.length === 0 ? (
        <Empty title="No restore was measured yet">
          The next backup is restored to prove it; or choose one above and prove it now.
        </Empty>
      ) : (
        <div className={styles.charts}>
          <Measured name="RTO" of={measured} value={(one) => one.rtoMs} allowed={rtoMs} />
          <Measured name="RPO" of={measured} value={(one) => one.rpoMs} allowed={rpoMs} />
        </div>
      )}
    </Panel>
  );
}

function Measured({
  name,
  of,
  value,
  allowed,
}: {
  name: 'RTO' | 'RPO';
  of: readonly MeasuredRestore[];
  value: (one: MeasuredRestore) => number | null;
  allowed: number;
}) {
  const known = of.flatMap((one) => {
    const ms = value(one);
    return ms === null ? [] : [{ at: one.at, ms }];
  });
  const [first, last] = [known[0], known.at(-1)];
  const worst = Math.max(0, ...known.map(({ ms }) => ms));
  // What takes seconds of hours would be a line on the floor.
  const isFarBelow = worst < allowed / 5;
  const over = known.filter(({ ms }) => ms > allowed).length;
  return (
    <figure className={styles.chart} data-tone={over > 0 ? 'critical' : 'ok'}>
      <figcaption>
        <b>{name}</b>{' '}
        {last === undefined ? (
          name === 'RPO' ? (
            'at a restore: not measured yet'
          ) : (
            'not measured yet'
          )
        ) : (
          <>
            <strong>{formatTook(last.ms)}</strong> at last, worst {formatTook(worst)} of {formatSpan(allowed)}{' '}
            allowed{over > 0 ? `; ${count(over, 'time')} over` : ''}
          </>
        )}
      </figcaption>
      {first === undefined || last === undefined || first.at === last.at ? (
        <p className={styles.sub}>
          {last === undefined
            ? name === 'RPO'
              ? 'What a restore loses goes back to the backup before it, or to the end of the log: the next backup shows it.'
              : ''
            : `Measured once, ${formatMoment(last.at)}; a line needs two.`}
        </p>
      ) : (
        <AreaChart
          label={`${name} of ${count(known.length, 'restore')}, the last ${formatSpan(last.ms)} of ${formatSpan(allowed)} allowed`}
          at={known.map(({ at }) => at)}
          values={known.map(({ ms }) => ms)}
          from={first.at}
          to={last.at}
          max={Math.max(1_000, (isFarBelow ? worst : Math.max(worst, allowed)) * 1.15)}
          lines={[{ value: allowed, words: `allowed ${formatSpan(allowed)}` }]}
          format={(ms) => formatTook(ms)}
        />
      )}
    </figure>
  );
}
