import type { ScheduleView } from '../../../src/core/oncall/view.ts';
import { formatMoment, formatSpan } from '../format/time.ts';
import { useShownZone } from '../format/zone.ts';
import table from '../parts/facts.module.css';
import { Chip } from '../parts/marks.tsx';
import { ScrollBox } from '../parts/scroll-box.tsx';
import styles from './schedule.module.css';

export function Shifts({ rotations }: { rotations: readonly ScheduleView[] }) {
  const zone = useShownZone();
  return (
    <details className={styles.list}>
      <summary>All turns as a list</summary>
      {rotations.map(({ rotation, shifts, timezone }) => (
        <section key={rotation} aria-label={`Turns of ${rotation}`}>
          <h3>
            {rotation}{' '}
            <span className={styles.zone}>
              {timezone === zone ? '' : `hands over on the clock of ${timezone}`}
            </span>
          </h3>
          <ScrollBox>
            <table className={table.table}>
              <thead>
                <tr>
                  <th scope="col">Who</th>
                  <th scope="col">From</th>
                  <th scope="col">For</th>
                  <th scope="col">Why</th>
                </tr>
              </thead>
              <tbody>
                {shifts.map((shift) => (
                  <tr key={shift.from}>
                    <th scope="row">{shift.isGap ? <Chip tone="critical">Nobody</Chip> : shift.name}</th>
                    <td data-width="short">{formatMoment(shift.from)}</td>
                    <td data-width="short">{formatSpan(shift.to - shift.from)}</td>
                    <td>{shift.why}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollBox>
        </section>
      ))}
    </details>
  );
}
