import type { WindowView } from '../api/quiet.ts';
import { type CalendarDay, calendarDays, weekdayNames } from '../format/calendar.ts';
import { formatHour, formatMoment } from '../format/time.ts';
import { useNow } from '../parts/now.ts';
import { Panel } from '../parts/panel.tsx';
import styles from './window-calendar.module.css';

const weeks = 5;

interface Mark {
  readonly name: string;
  readonly what: string;
  readonly startsAt: number;
  readonly endsAt: number;
}

export function WindowCalendar({ windows }: { windows: readonly WindowView[] }) {
  const today = Math.floor(useNow() / 60_000) * 60_000;
  const days = calendarDays(today, weeks);
  const marks = windows.flatMap(({ name, what, next, upcoming }): Mark[] =>
    [...(next === null ? [] : [next]), ...upcoming].map((stretch) => ({ name, what, ...stretch })),
  );
  const weeksOfDays = Array.from({ length: weeks }, (_, week) => days.slice(week * 7, week * 7 + 7));
  return (
    <Panel title="The next five weeks" flush>
      <table className={styles.calendar} aria-label="Maintenance in the next five weeks, in your time zone">
        <thead>
          <tr>
            {weekdayNames.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeksOfDays.map((week) => (
            <tr key={week[0]?.key}>
              {week.map((day) => (
                <Day
                  key={day.key}
                  day={day}
                  now={today}
                  marks={marks.filter(({ startsAt, endsAt }) => startsAt < day.to && endsAt > day.from)}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Day({ day, now, marks }: { day: CalendarDay; now: number; marks: readonly Mark[] }) {
  const isToday = day.from <= now && now < day.to;
  return (
    <td data-today={isToday || undefined} data-past={day.to <= now || undefined}>
      <span className={styles.day}>
        {day.label}
        {isToday ? <span className={styles.hidden}> today</span> : null}
      </span>
      {marks.map(({ name, what, startsAt, endsAt }) => (
        <span
          key={`${name} ${startsAt}`}
          className={styles.mark}
          data-running={(startsAt <= now && now < endsAt) || undefined}
          title={`${what}: ${formatMoment(startsAt)} to ${formatMoment(endsAt)}`}
        >
          <span className={styles.time}>{formatHour(Math.max(startsAt, day.from))}</span>{' '}
          <span className={styles.name}>{name}</span>
        </span>
      ))}
    </td>
  );
}
