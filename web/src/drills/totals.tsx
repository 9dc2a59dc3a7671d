import type { ScoreboardView } from '../api/drills.ts';
import { formatSeconds } from '../format/numbers.ts';
import styles from './drills.module.css';

export function Totals({ view: { totals } }: { view: ScoreboardView }) {
  const { detectMs, localiseMs, mitigateMs } = totals;
  return (
    <dl className={styles.totals}>
      <Total name="Seen" share={totals.detected} half={detectMs} />
      <Total name="Cause named first" share={totals.top1} half={localiseMs} />
      <Total name="Ended by itself, and held" share={totals.mitigated} half={mitigateMs} />
      <Total name="Proposed where a person decides" share={totals.proposed} half={null} />
      <Total name="Left alone what is no fault" share={totals.quietControls} half={null} />
      <div className={styles.total} data-tone={totals.falseActions + totals.damage > 0 ? 'critical' : 'ok'}>
        <dt>Did harm</dt>
        <dd>
          {totals.falseActions + totals.damage === 0
            ? 'never'
            : `${totals.falseActions + totals.damage} times`}
          <span className={styles.sub}>wrong actions and damage</span>
        </dd>
      </div>
    </dl>
  );
}

function Total({
  name,
  share: [had, of],
  half,
}: {
  name: string;
  share: readonly [number, number];
  half: number | null;
}) {
  if (of === 0) return null;
  return (
    <div className={styles.total} data-tone={had === of ? 'ok' : 'warning'}>
      <dt>{name}</dt>
      <dd>
        {had} of {of}
        <span className={styles.bar} aria-hidden>
          <span style={{ width: `${(had / of) * 100}%` }} />
        </span>
        <span className={styles.sub}>
          {half === null || had === 0
            ? `${Math.floor((had / of) * 100)} %`
            : `half of them within ${formatSeconds(half / 1_000)}`}
        </span>
      </dd>
    </div>
  );
}
