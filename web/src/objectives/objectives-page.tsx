import { IconTarget } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { sayKnown } from '../../../src/core/availability.ts';
import { type ObjectiveView, objectivesQuery } from '../api/objectives.ts';
import { formatAvailability } from '../format/numbers.ts';
import { formatSpan } from '../format/time.ts';
import { Age } from '../parts/age.tsx';
import { Chip } from '../parts/marks.tsx';
import { PageHead, Panel } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { Empty, Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { isYoung, missingWords, objectiveWords, toneOf } from './objective-words.ts';
import styles from './objectives.module.css';

export function ObjectivesPage() {
  useTitle('Objectives');
  const objectives = useQuery(objectivesQuery);
  return (
    <>
      <PageHead
        title="Objectives"
        lead="What each service promises, what was measured, and how much failure is left before the promise is broken. The least is first."
      />
      <Panel title="By what is left" count={objectives.data?.objectives.length} flush>
        <Loaded query={objectives}>
          {({ objectives: list, frozen }) =>
            list.length === 0 ? (
              <Empty icon={<IconTarget size={28} />} title="No service promises anything yet">
                Write <code>slo: {'{ availability: 99.9% }'}</code> at a service in upkeep.yaml.
              </Empty>
            ) : (
              <ul aria-label="Objectives">
                {list.toSorted(leastLeft).map((one) => (
                  <Row
                    key={`${one.service} ${one.objective}`}
                    one={one}
                    isFrozen={frozen.includes(one.service)}
                  />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Panel>
    </>
  );
}

/** Unknown comes before good: it is no sign of health. */
function leastLeft(a: ObjectiveView, b: ObjectiveView): number {
  return (a.left ?? 0.5) - (b.left ?? 0.5);
}

function Row({ one, isFrozen }: { one: ObjectiveView; isFrozen: boolean }) {
  return (
    <li className={rows.row}>
      <div className={rows.what}>
        <p className={rows.marks}>
          <Link to="/objectives/$service" params={{ service: one.service }} className={rows.title}>
            {one.service}
          </Link>
          <span>{objectiveWords(one)}</span>
          {isFrozen ? <Chip tone="warning">changes are frozen</Chip> : null}
          {one.windows.some(({ holds }) => holds) ? <Chip tone="critical">burns too fast</Chip> : null}
        </p>
        <BudgetLine one={one} />
        <p className={rows.sub}>
          {one.measured === null
            ? ''
            : `measured ${formatAvailability(one.measured, one.target)} ${sayKnown(one.measuredMs, one.periodMs)}, by ${one.by}`}
          {one.burn === null ? '' : ` · burns ${one.burn.toFixed(1)} × as fast as it may`}
          {one.exhaustedAt === null ? null : isYoung(one) ? (
            ' · too early to say when it is used up'
          ) : (
            <>
              {' '}
              · used up <Age at={one.exhaustedAt} />
            </>
          )}
          {one.measured === null ? missingWords(one) : ''}
        </p>
      </div>
      <strong className={styles.left} data-tone={toneOf(one)}>
        {one.words}
        <span>of the budget of {formatSpan(one.periodMs)}</span>
      </strong>
    </li>
  );
}

export function BudgetLine({ one }: { one: ObjectiveView }) {
  const left = Math.max(0, Math.min(1, one.left ?? 0));
  return (
    <span className={styles.bar} data-tone={toneOf(one)} aria-hidden>
      <i style={{ width: `${left * 100}%` }} />
    </span>
  );
}
