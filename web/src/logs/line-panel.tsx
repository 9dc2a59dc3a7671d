import type { LogSearchView } from '../api/question.ts';
import { formatClock, formatMoment } from '../format/time.ts';
import { count } from '../format/words.ts';
import { Panel } from '../parts/panel.tsx';
import { Empty } from '../parts/states.tsx';
import styles from './logs.module.css';
import { levelTones } from './pattern-panel.tsx';

/** The lines themselves, newest first. */
export function LinePanel({ view, isNarrowed }: { view: LogSearchView; isNarrowed: boolean }) {
  const lines = view.lines.toReversed();
  return (
    <Panel title="Lines" count={lines.length} flush>
      {lines.length === 0 ? (
        <Empty title={isNarrowed ? 'No line is like that' : 'No line was written in this time'}>
          {view.sources.map(({ path }) => (
            <p key={path}>
              <code>{path}</code>
            </p>
          ))}
        </Empty>
      ) : (
        <ol className={styles.lines} aria-label="Lines, newest first">
          {lines.map((line, index) => (
            <li key={`${line.at} ${String(index)}`} data-tone={levelTones[line.level] ?? 'quiet'}>
              <time
                dateTime={new Date(line.at).toISOString()}
                title={`${formatMoment(line.at)}, ${line.file}`}
              >
                {formatClock(line.at)}
              </time>
              <span className={styles.level}>{line.level === 'info' ? '' : line.level}</span>
              <code>{line.text}</code>
            </li>
          ))}
        </ol>
      )}
      {view.leftOut > 0 ? (
        <p className={styles.more}>
          {count(view.leftOut, 'older line is', 'older lines are')} not shown; narrow the search.
        </p>
      ) : null}
    </Panel>
  );
}
