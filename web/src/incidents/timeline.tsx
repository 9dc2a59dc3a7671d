import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { Some } from '../../../src/core/fold.ts';
import { runWords, timelineRuns } from '../../../src/core/incident/many.ts';
import type { JournalEntry } from '../../../src/core/view.ts';
import { formatMoment } from '../format/time.ts';
import { count } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import fold from '../parts/fold.module.css';
import { FirstRows } from '../parts/fold.tsx';
import { isNarrow } from '../parts/narrow.ts';
import { Panel } from '../parts/panel.tsx';
import { Empty } from '../parts/states.tsx';
import { NoteForm } from './note-form.tsx';
import styles from './timeline.module.css';
import { belongsTo, type TimelinePart, timelineParts } from './timeline-parts.ts';

const worse =
  /^alert\.(fired|firing)$|^incident\.(opened|escalated|reopened)$|\.(failed|undone|interrupted)$/;
const better = /^alert\.(resolved|cleared|ended)$|^incident\.(mitigated|resolved)$|\.(done|verified)$/;

/** More rows than these are a page that nobody reads on a phone. */
const entriesAtFirst = 30;
const entriesOnPhone = 8;

function toneOf(kind: string): string {
  if (worse.test(kind)) return 'critical';
  if (better.test(kind)) return 'ok';
  return /^(action|approval)\./.test(kind) ? 'busy' : 'quiet';
}

export function Timeline({ id, entries }: { id: string; entries: readonly JournalEntry[] }) {
  const [part, setPart] = useState<TimelinePart>('all');
  const shown = entries.filter((entry) => belongsTo(entry, part)).sort((a, b) => a.seq - b.seq);
  return (
    <Panel
      title="Timeline"
      id="timeline"
      count={shown.length}
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
      {shown.length === 0 ? (
        <Empty title={entries.length === 0 ? 'Nothing has happened yet' : 'No entry is of that kind'} />
      ) : (
        <ol className={styles.timeline} aria-label="Timeline, newest first">
          <FirstRows
            all={timelineRuns(shown).toReversed()}
            most={isNarrow() ? entriesOnPhone : entriesAtFirst}
            what={(left) => count(left, 'older entry', 'older entries')}
            isWithin
          >
            {(run) =>
              run.length === 1 ? (
                <Entry key={run[0].seq} entry={run[0]} />
              ) : (
                <Run key={run[0].seq} run={run} />
              )
            }
          </FirstRows>
        </ol>
      )}
    </Panel>
  );
}

function Entry({ entry }: { entry: JournalEntry }) {
  return (
    <li className={styles.entry} data-tone={toneOf(entry.kind)}>
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
  );
}

/** Entries that say the same of several targets, or the same again. */
function Run({ run }: { run: Some<JournalEntry> }) {
  const [isOpen, setOpen] = useState(false);
  if (isOpen) return run.toReversed().map((entry) => <Entry key={entry.seq} entry={entry} />);
  const [{ told, kind, at }] = run;
  return (
    <li className={styles.entry} data-tone={toneOf(kind)}>
      <span className={styles.dot} aria-hidden />
      <p className={styles.head}>
        <strong>{told.title}</strong>
        <span className={styles.actor}>by {told.who}</span>
        <span className={styles.when} title={formatMoment(at)}>
          <Age at={at} />
        </span>
      </p>
      <p className={styles.text}>
        {runWords(run)}{' '}
        <button type="button" className={fold.more} aria-expanded={false} onClick={() => setOpen(true)}>
          Show each
        </button>
      </p>
    </li>
  );
}
