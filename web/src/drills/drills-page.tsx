import { useQuery } from '@tanstack/react-query';
import { grouped } from '../../../src/core/fold.ts';
import { type DrillScore, drillsQuery, type ScoreboardView } from '../api/drills.ts';
import { ApiError } from '../api/request.ts';
import { formatMoment } from '../format/time.ts';
import { count } from '../format/words.ts';
import { CodeText } from '../parts/copy.tsx';
import { Group } from '../parts/fold.tsx';
import { PageHead, Panel } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { Empty, Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { DrillList } from './drill-list.tsx';
import styles from './drills.module.css';
import { Totals } from './totals.tsx';

export function DrillsPage() {
  useTitle('Fire drills');
  const board = useQuery(drillsQuery);
  const isNone = board.error instanceof ApiError && board.error.status === 404;
  return (
    <>
      <PageHead
        title={board.data === undefined ? 'Fire drills' : headline(board.data)}
        lead="Faults on purpose, in a sandbox that Upkeep starts itself: was it seen, was the cause named, was it ended, was anything done that should not have been?"
      />
      {isNone ? (
        <Panel title="No drill was played yet">
          <p>{board.error?.message}</p>
        </Panel>
      ) : (
        <Loaded query={board} rows={6}>
          {(view) => <Board view={view} />}
        </Loaded>
      )}
    </>
  );
}

function headline({ totals: { passed } }: ScoreboardView): string {
  return passed[0] === passed[1]
    ? `All ${passed[1]} drills passed`
    : `${passed[0]} of ${passed[1]} drills passed`;
}

function Board({ view }: { view: ScoreboardView }) {
  const failed = view.scores.filter(({ passed }) => !passed);
  return (
    <div className={rows.stack}>
      <Totals view={view} />
      {view.origin === 'own' ? null : (
        <Panel title="Not played on this machine yet">
          <p>
            These are the results of those who made this version. Yours appear here when they are written
            beside upkeep.yaml; nothing that is configured is touched.
          </p>
          <div className={styles.command}>
            <CodeText text="upkeep drill run --report drills.md" what="command" />
          </div>
        </Panel>
      )}
      {failed.length === 0 ? null : (
        <Panel title="What failed" count={failed.length} flush>
          <DrillList scores={failed} label="What failed" />
        </Panel>
      )}
      <Panel title="What passed" count={view.scores.length - failed.length} flush>
        {view.scores.length === failed.length ? (
          <Empty title="Nothing passed" />
        ) : (
          <Passed scores={view.scores.filter(({ passed }) => passed)} />
        )}
      </Panel>
      {view.notPossible.length === 0 ? null : (
        <Panel title="Not possible there" count={view.notPossible.length} flush>
          <ul aria-label="Not possible there">
            {view.notPossible.map(({ id, title, why }) => (
              <li key={id} className={rows.row}>
                <div className={rows.what}>
                  <p className={rows.title}>{title}</p>
                  <p className={rows.sub}>
                    <code>{id}</code>: {why}
                  </p>
                </div>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      <p className={rows.sub}>
        Played {formatMoment(view.startedAt)} on {view.machine}. Checks ran each second there, so times to
        detect are those of such intervals.
      </p>
    </div>
  );
}

/** Few are a list; many stand under what they are of: `postgres`, `haproxy`. */
function Passed({ scores }: { scores: readonly DrillScore[] }) {
  if (scores.length <= mostUnfolded) return <DrillList scores={scores} label="What passed" />;
  return grouped(scores, familyOf).map((group) => (
    <Group key={familyOf(group[0])} name={familyOf(group[0])} note={count(group.length, 'drill')}>
      <DrillList scores={group} label={`What passed of ${familyOf(group[0])}`} />
    </Group>
  ));
}

function familyOf({ id }: DrillScore): string {
  return id.split('.')[0] ?? id;
}

const mostUnfolded = 8;
