import { Link } from '@tanstack/react-router';
import type { Change } from '../../../src/core/change.ts';
import { Age } from '../parts/age.tsx';
import { Chip } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { ScrollBox } from '../parts/scroll-box.tsx';
import type { ChangeMark } from './change-marks.ts';
import styles from './changes.module.css';

/** What the numbers on the charts stand for. */
export function ChangeList({ marks, target }: { marks: readonly ChangeMark[]; target: string }) {
  if (marks.length === 0) return null;
  return (
    <div className={styles.holder}>
      <Panel title="Changes in this time" count={marks.length} flush>
        <ul aria-label="Changes in this time">
          {marks.toReversed().map(({ number, change }) => (
            <li key={change.id} className={rows.row}>
              <div className={rows.what}>
                <p className={rows.marks}>
                  <span className={styles.number}>{number}</span>
                  <strong className={styles.summary}>{change.summary}</strong>
                  <Chip tone="quiet">{change.kind}</Chip>
                </p>
                <p className={rows.sub}>
                  <Where change={change} here={target} />
                  {change.isReported ? `told by ${change.source}` : `seen in ${change.source}`}
                  {change.url === null ? null : (
                    <>
                      {', '}
                      <a href={change.url} target="_blank" rel="noreferrer">
                        read more
                      </a>
                    </>
                  )}
                </p>
                <Differences change={change} />
              </div>
              <span className={rows.sub}>
                <Age at={change.at} />
              </span>
            </li>
          ))}
        </ul>
      </Panel>
    </div>
  );
}

function Where({ change, here }: { change: Change; here: string }) {
  if (change.target === here) return null;
  if (change.target === null) return change.service === null ? null : `service ${change.service}, `;
  return (
    <>
      on{' '}
      <Link to="/targets/$name" params={{ name: change.target }}>
        {change.target}
      </Link>
      ,{' '}
    </>
  );
}

function Differences({ change: { differences } }: { change: Change }) {
  if (differences.length < 2) return null;
  return (
    <details className={styles.differences}>
      <summary>{differences.length} differences</summary>
      <ScrollBox label="Differences">
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">Before</th>
              <th scope="col">After</th>
            </tr>
          </thead>
          <tbody>
            {differences.map(({ name, before, after }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{before ?? 'nothing'}</td>
                <td>{after ?? 'nothing'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </details>
  );
}
