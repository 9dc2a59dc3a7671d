import { useQuery } from '@tanstack/react-query';
import { type LogPatternsView, type LogsSearch, logPatternsQuery } from '../api/question.ts';
import { formatCount } from '../format/numbers.ts';
import { count, type Tone } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import { Chip } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { Empty } from '../parts/states.tsx';
import styles from './logs.module.css';

export const levelTones: Readonly<Record<string, Tone>> = {
  error: 'critical',
  warning: 'warning',
  info: 'quiet',
};

const gravity = { error: 0, warning: 1, info: 2 };

/** What is written, the gravest first: a thousand lines of one kind are one row. */
export function PatternPanel({ target, search }: { target: string; search: LogsSearch }) {
  const { data } = useQuery(logPatternsQuery(target, search));
  if (data === undefined) return null;
  const wanted = (search.text ?? '').toLowerCase();
  const shown = data.patterns
    .filter(({ pattern, example }) => `${pattern} ${example}`.toLowerCase().includes(wanted))
    .sort((a, b) => gravity[a.level] - gravity[b.level] || b.lines - a.lines);
  return (
    <Panel title="What is written" count={shown.length} flush>
      {shown.length === 0 ? (
        <Empty title="Nothing like that was written in this time" />
      ) : (
        <ul aria-label="Patterns">
          {shown.map((one) => (
            <li key={one.pattern} className={rows.row}>
              <div className={rows.what}>
                <p className={styles.pattern}>
                  <code>{one.pattern}</code>
                </p>
                <p className={rows.marks}>
                  <Chip tone={levelTones[one.level] ?? 'quiet'}>{one.level}</Chip>
                  {isNew(one, data) ? <Chip tone="low">new in this time</Chip> : null}
                  <span className={rows.sub}>
                    last <Age at={one.lastAt} />
                  </span>
                </p>
              </div>
              <span className={rows.sub} data-figures>
                {count(one.lines, 'line')}
                {one.perMinute >= 1 ? `, ${formatCount(one.perMinute)} a minute` : ''}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** It came first in this time, and what was there before is known. */
function isNew(one: LogPatternsView['patterns'][number], view: LogPatternsView): boolean {
  return view.followedSince !== null && view.followedSince < view.from && one.firstAt >= view.from;
}
