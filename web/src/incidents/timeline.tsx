import type { JournalEntry } from '../../../src/core/view.ts';
import { formatMoment } from '../format/time.ts';
import { entryText } from '../journal/entry-text.ts';
import { Age } from '../parts/age.tsx';
import { Panel } from '../parts/panel.tsx';
import { Empty } from '../parts/states.tsx';
import styles from './timeline.module.css';

const worse =
  /^alert\.(fired|firing)$|^incident\.(opened|escalated|reopened)$|\.(failed|undone|interrupted)$/;
const better = /^alert\.(resolved|cleared|ended)$|^incident\.(mitigated|resolved)$|\.(done|verified)$/;

function toneOf(kind: string): string {
  if (worse.test(kind)) return 'critical';
  if (better.test(kind)) return 'ok';
  return /^(action|approval)\./.test(kind) ? 'busy' : 'quiet';
}

export function Timeline({ entries }: { entries: readonly JournalEntry[] }) {
  const newestFirst = [...entries].sort((a, b) => b.seq - a.seq);
  return (
    <Panel title="Timeline" count={entries.length}>
      {entries.length === 0 ? (
        <Empty title="Nothing has happened yet" />
      ) : (
        <ol className={styles.timeline} aria-label="Timeline, newest first">
          {newestFirst.map((entry) => (
            <li key={entry.seq} className={styles.entry} data-tone={toneOf(entry.kind)}>
              <span className={styles.dot} aria-hidden />
              <p className={styles.head}>
                <strong>{entry.kind}</strong>
                <span className={styles.actor}>by {entry.actor}</span>
                <span className={styles.when} title={formatMoment(entry.at)}>
                  <Age at={entry.at} />
                </span>
              </p>
              <p className={styles.text}>{entryText(entry)}</p>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
