import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { sayKnown } from '../../../src/core/availability.ts';
import type { SeriesView } from '../../../src/core/view.ts';
import { type ObjectiveDetail, type ServiceObjectives, serviceObjectivesQuery } from '../api/objectives.ts';
import { ApiError } from '../api/request.ts';
import { formatAvailability, formatObjective, formatRatio } from '../format/numbers.ts';
import { formatSpan } from '../format/time.ts';
import { Age } from '../parts/age.tsx';
import { AreaChart, drawable } from '../parts/area-chart.tsx';
import { Chip } from '../parts/marks.tsx';
import { NotFound } from '../parts/not-found.tsx';
import { PageHead, Panel } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { FiringPanel } from '../rules/firing-panel.tsx';
import { BurnTable } from './burn-table.tsx';
import { isYoung, missingWords, objectiveWords } from './objective-words.ts';
import styles from './objectives.module.css';

export function ServiceObjectivesPage() {
  const { service } = useParams({ from: '/objectives/$service' });
  const objectives = useQuery(serviceObjectivesQuery(service));
  useTitle(`Objectives of ${service}`);
  if (objectives.error instanceof ApiError && objectives.error.status === 404) return <NotFound />;
  return (
    <>
      <PageHead above={<Link to="/objectives">Objectives</Link>} title={service} />
      <Loaded query={objectives} rows={6}>
        {(data) => (
          <div className={rows.stack}>
            {data.objectives.map((one) => (
              <Objective key={one.objective} one={one} data={data} />
            ))}
            <FiringPanel title="Alerts of these objectives" firings={data.firings} />
          </div>
        )}
      </Loaded>
    </>
  );
}

function Objective({ one, data }: { one: ObjectiveDetail; data: ServiceObjectives }) {
  return (
    <Panel
      title={objectiveWords(one)}
      aside={
        <>
          {data.isFrozen ? <Chip tone="warning">changes are frozen</Chip> : null}
          {one.state === 'learning' ? <Chip tone="quiet">still read in</Chip> : null}
        </>
      }
    >
      <dl className={styles.figures}>
        <Figure name="Objective">{formatObjective(one.target)}</Figure>
        <Figure
          name={one.measured === null ? 'Measured' : `Measured ${sayKnown(one.measuredMs, one.periodMs)}`}
        >
          {one.measured === null ? 'no events yet' : formatAvailability(one.measured, one.target)}
        </Figure>
        <Figure name={`Budget of ${formatSpan(one.periodMs)}`}>{one.words}</Figure>
        <Figure name="Burns now">{one.burn === null ? 'unknown' : `${one.burn.toFixed(1)} ×`}</Figure>
        <Figure name="Used up">
          {one.left !== null && one.left <= 0 ? (
            'already'
          ) : one.exhaustedAt !== null ? (
            isYoung(one) ? (
              'too early to say'
            ) : (
              <Age at={one.exhaustedAt} />
            )
          ) : one.burn === null ? (
            'unknown'
          ) : (
            'not at this pace'
          )}
        </Figure>
      </dl>
      {one.left === null ? (
        <p className={styles.missing}>{missingWords(one)}</p>
      ) : one.reason === null ? null : (
        <p className={styles.reason}>{one.reason}</p>
      )}
      <div className={styles.charts}>
        <BudgetChart one={one} data={data} />
        <BurnChart one={one} data={data} />
      </div>
      <BurnTable windows={one.windows} by={one.by} />
    </Panel>
  );
}

const hourMs = 3_600_000;
const tooFew = 'Not enough is stored to draw it yet: one value is stored each minute, and two are needed.';

/** A young installation has no course over the whole period: its chart begins with its first value. */
function beginOf(series: SeriesView, from: number): number {
  return Math.max(from, series.at[0] ?? from);
}

function BudgetChart({ one, data }: { one: ObjectiveDetail; data: ServiceObjectives }) {
  const series = one.budgetHistory;
  return (
    <section aria-label="Error budget">
      <h3>
        Budget left over {formatSpan(one.periodMs)} <span className={styles.unit}>% of the budget</span>
      </h3>
      {series === null || drawable(series.avg) < 2 ? (
        <p className={styles.none}>{tooFew}</p>
      ) : (
        <AreaChart
          label={`Share of the error budget that is left: ${one.words} now`}
          at={series.at}
          values={series.avg}
          from={beginOf(series, data.from)}
          to={data.to}
          max={1}
          ideal={beginOf(series, data.from) - data.from < one.periodMs / 100}
          format={(value) => formatRatio(value, 0)}
        />
      )}
    </section>
  );
}

function BurnChart({ one, data }: { one: ObjectiveDetail; data: ServiceObjectives }) {
  const series = one.burnHistory;
  const highest = Math.max(0, ...(series?.max ?? []).map((value) => value ?? 0));
  const limits = one.windows.map(({ factor, severity }) => ({
    value: factor,
    words: `${severity} ${factor} ×`,
  }));
  const lowest = Math.min(...limits.map(({ value }) => value), Number.POSITIVE_INFINITY);
  const max = Math.max(2, highest * 1.15, Number.isFinite(lowest) ? lowest * 1.3 : 0);
  return (
    <section aria-label="Burn rate">
      <h3>
        Burn rate over {formatSpan(one.windows[0]?.longMs ?? hourMs)}{' '}
        <span className={styles.unit}>times as fast as it may</span>
      </h3>
      {series === null || drawable(series.max) < 2 ? (
        <p className={styles.none}>{tooFew}</p>
      ) : (
        <AreaChart
          label={`Burn rate over ${formatSpan(one.windows[0]?.longMs ?? hourMs)}, with the limits of its alerts`}
          at={series.at}
          values={series.max}
          from={beginOf(series, data.from)}
          to={data.to}
          max={max}
          lines={limits}
          format={(value) => `${Number(value.toPrecision(2))} ×`}
        />
      )}
    </section>
  );
}

function Figure({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
