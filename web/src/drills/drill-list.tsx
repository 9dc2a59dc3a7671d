import type { DrillScore } from '../api/drills.ts';
import { formatSeconds } from '../format/numbers.ts';
import { Chip } from '../parts/marks.tsx';
import rows from '../parts/rows.module.css';
import styles from './drills.module.css';

export function DrillList({ scores, label }: { scores: readonly DrillScore[]; label: string }) {
  return (
    <ul aria-label={label}>
      {scores.map((score) => (
        <li key={score.id} className={rows.row}>
          <div className={rows.what}>
            <p className={rows.title}>{score.title}</p>
            {score.faults.map((fault) => (
              <p key={fault} className={styles.fault}>
                {fault}
              </p>
            ))}
            {score.said === null ? null : <p className={rows.sub}>Upkeep said: {score.said}</p>}
            <p className={rows.sub}>
              <code>{score.id}</code>
              {score.action === null ? '' : ` · ${score.action}`}
            </p>
            <Times score={score} />
          </div>
          <Chip tone={score.passed ? 'ok' : 'critical'}>{score.passed ? 'Passed' : 'Failed'}</Chip>
        </li>
      ))}
    </ul>
  );
}

/** The three times as one line from the fault on. */
function Times({ score: { isControl, detectMs, localiseMs, mitigateMs } }: { score: DrillScore }) {
  if (isControl) return <p className={styles.times}>a control: nothing was to be done</p>;
  const steps = [
    ['seen', detectMs],
    ['explained', localiseMs],
    ['ended', mitigateMs],
  ] as const;
  const known = steps.flatMap(([word, ms]) =>
    ms === null ? [] : [`${word} after ${formatSeconds(ms / 1_000)}`],
  );
  return <p className={styles.times}>{known.join(', ') || 'not seen'}</p>;
}
