import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { JournalEntry } from '../../../src/core/view.ts';
import { formatMoment } from '../format/time.ts';
import { Age } from '../parts/age.tsx';
import { Panel } from '../parts/panel.tsx';
import { Empty } from '../parts/states.tsx';
import { NoteForm } from './note-form.tsx';
import styles from './timeline.module.css';
import { belongsTo, type TimelinePart, timelineParts } from './timeline-parts.ts';

const worse =
  /^alert\.(fired|firing)$|^incident\.(opened|escalated|reopened)$|\.(failed|undone|interrupted)$/;
const better = /^alert\.(resolved|cleared|ended)$|^incident\.(mitigated|resolved)$|\.(done|verified)$/;

function toneOf(kind: string): string {
  if (worse.test(kind)) return 'critical';
  if (better.test(kind)) return 'ok';
  return /^(action|approval)\./.test(kind) ? 'busy' : 'quiet';
}

export function Timeline({ id, entries }: { id: string; entries: readonly JournalEntry[] }) {
  const [part, setPart] = useState<TimelinePart>('all');
  const newestFirst = entries.filter((entry) => belongsTo(entry, part)).sort((a, b) => b.seq - a.seq);
  return (
    <Panel
      title="Timeline"
      id="timeline"
      count={newestFirst.length}
      aside={
        <SegmentedControl
          size="xs"
          aria-label="Which entries"
          data={[...timelineParts]}
          value={part}
          onChange={(value) => setPart(timelineParts.find((each) => each.value === value)?.value ?? 'all')}
        />
      }
    >
      <NoteForm id={id} />
      {newestFirst.length === 0 ? (
        <Empty title={entries.length === 0 ? 'Nothing has happened yet' : 'No entry is of that kind'} />
      ) : (
        <ol className={styles.timeline} aria-label="Timeline, newest first">
          {newestFirst.map((entry) => (
            <li key={entry.seq} className={styles.entry} data-tone={toneOf(entry.kind)}>
              <span className={styles.dot} aria-hidden />
              <p className={styles.head}>
                <strong>{entry.told.title}</strong>
                <span className={styles.actor}>by {entry.told.who}</span>
                <span className={styles.when} title={formatMoment(entry.at)}>
                  <Age at={entry.at} />
                </span>
              </p>
              {entry.told.text === null ? null : <p className={styles.text}>{entry.told.text}</p>}
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
