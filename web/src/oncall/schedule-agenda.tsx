import type { ScheduleView } from '../../../src/core/oncall/view.ts';
import { type CalendarDay, weekdayNames } from '../format/calendar.ts';
import { formatDay, formatHour } from '../format/time.ts';
import { type AgendaEntry, agendaOf, type Turn } from './agenda.ts';
import styles from './schedule.module.css';

/** The schedule on a phone, day by day; on a desk the weeks are drawn to scale. */
export function ScheduleAgenda({
  rotations,
  days,
  now,
}: {
  rotations: readonly ScheduleView[];
  days: readonly CalendarDay[];
  now: number;
}) {
  const named = (day: CalendarDay) => `${weekdayNames[days.indexOf(day) % 7]} ${formatDay(day.from)}`;
  const heading = ({ first, last }: AgendaEntry) =>
    last === first ? named(first) : `${named(first)} to ${named(last)}`;
  return (
    <ul className={styles.agenda} aria-label="Who is on call on which day">
      {agendaOf(rotations, days, now).map((entry) => (
        <li key={entry.first.key} data-today={(entry.first.from <= now && now < entry.last.to) || undefined}>
          <p>{heading(entry)}</p>
          <dl>
            {entry.lanes.map(({ rotation, turns }) => (
              <Lane key={rotation} rotation={rotation} turns={turns} />
            ))}
          </dl>
        </li>
      ))}
    </ul>
  );
}

function Lane({ rotation, turns }: { rotation: string; turns: readonly Turn[] }) {
  return (
    <>
      <dt>{rotation}</dt>
      <dd>
        {turns.map(({ shift, from }) => (
          <span key={shift.from} className={styles.turn} data-kind={shift.isGap ? 'gap' : shift.reason.kind}>
            {from === null ? '' : <span>from {formatHour(from)} </span>}
            {shift.name ?? 'Nobody'}
            {shift.reason.kind === 'override' ? <span> takes over</span> : ''}
            {shift.reason.kind === 'absence' ? <span> stands in</span> : ''}
          </span>
        ))}
      </dd>
    </>
  );
}
