import type { ScheduleView, ShiftView } from '../../../src/core/oncall/view.ts';
import { type CalendarDay, weekdayNames } from '../format/calendar.ts';
import { formatMoment } from '../format/time.ts';
import styles from './schedule.module.css';

/** One week drawn to scale, a lane for each rotation; the list below it says the same in words. */
export function Week({
  days,
  rotations,
  now,
}: {
  days: readonly CalendarDay[];
  rotations: readonly ScheduleView[];
  now: number;
}) {
  const from = days[0]?.from ?? 0;
  const to = days.at(-1)?.to ?? 1;
  const place = (at: number) => ((Math.min(to, Math.max(from, at)) - from) / (to - from)) * 100;
  return (
    <div className={styles.week}>
      <div className={styles.days}>
        {days.map((day, index) => (
          <span key={day.key} data-today={(day.from <= now && now < day.to) || undefined}>
            {weekdayNames[index]} <span>{day.label}</span>
          </span>
        ))}
      </div>
      {rotations.map(({ rotation, shifts }, lane) => (
        <div key={rotation} className={styles.lane}>
          <span className={styles.laneName}>{rotation}</span>
          {shifts
            .filter((shift) => shift.to > from && shift.from < to)
            .map((shift) => (
              <Block
                key={shift.from}
                shift={shift}
                shade={shadeOf(rotations[lane]?.shifts ?? [], shift.person)}
                left={place(shift.from)}
                width={place(shift.to) - place(shift.from)}
              />
            ))}
          {from <= now && now < to ? <i className={styles.now} style={{ left: `${place(now)}%` }} /> : null}
        </div>
      ))}
    </div>
  );
}

function shadeOf(shifts: readonly ShiftView[], person: string | null): number {
  const people = [...new Set(shifts.map((shift) => shift.person).filter((one) => one !== null))].sort();
  return person === null ? 0 : people.indexOf(person) % 4;
}

function Block({
  shift,
  shade,
  left,
  width,
}: {
  shift: ShiftView;
  shade: number;
  left: number;
  width: number;
}) {
  const name = shift.name ?? 'Nobody';
  return (
    <span
      className={styles.block}
      data-kind={shift.isGap ? 'gap' : shift.reason.kind}
      data-shade={shade}
      style={{ left: `${left}%`, width: `${width}%` }}
      title={`${name}: ${formatMoment(shift.from)} to ${formatMoment(shift.to)}, ${shift.why}`}
    >
      {name}
    </span>
  );
}
