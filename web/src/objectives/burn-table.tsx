import type { BurnWindow, ObjectiveView } from '../api/objectives.ts';
import { formatCount } from '../format/numbers.ts';
import { formatSpan } from '../format/time.ts';
import table from '../parts/facts.module.css';
import { Chip } from '../parts/marks.tsx';
import { ScrollBox } from '../parts/scroll-box.tsx';

/** Both windows of a line must burn faster than its factor before anybody is called. */
export function BurnTable({ windows, by }: { windows: readonly BurnWindow[]; by: ObjectiveView['by'] }) {
  if (windows.length === 0) return null;
  return (
    <ScrollBox label="Burn by window">
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Alert</th>
            <th scope="col">Long window</th>
            <th scope="col">Short window</th>
            <th scope="col">Threshold</th>
            <th scope="col">Bad of all</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {windows.map((one) => (
            <tr key={`${one.severity} ${one.longMs}`}>
              <th scope="row">{one.severity}</th>
              <td data-width="short">
                {burn(one.long)} in {formatSpan(one.longMs)}
              </td>
              <td data-width="short">
                {burn(one.short)} in {formatSpan(one.shortMs)}
              </td>
              <td data-width="short">{one.factor} ×</td>
              <td data-width="short">
                {by === 'time' ? spent(one) : `${formatCount(one.bad)} of ${formatCount(one.events)}`}
              </td>
              <td>
                {one.holds ? (
                  <Chip tone="critical">too fast</Chip>
                ) : one.long === null ? (
                  <Chip tone="unknown">unknown</Chip>
                ) : (
                  <Chip tone="ok">below</Chip>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

/** Objectives that are counted by time tally milliseconds. */
function spent({ bad, events }: BurnWindow): string {
  return `${formatSpan(bad)} of ${formatSpan(events)}`;
}

function burn(value: number | null): string {
  return value === null ? 'no events' : `${value.toFixed(1)} ×`;
}
