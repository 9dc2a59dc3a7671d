/** Ninety days of a component as bars; each says its day in words on hover, and on focus where there is something to say. */
import { html } from 'hono/html';
import { sayAvailability } from '../../core/availability.ts';
import type { DayBar, PublicComponent } from '../../core/status-page.ts';
import { formatDuration } from '../../core/time.ts';
import { dayName } from './moments.ts';
import { stateWords } from './words.ts';

const minuteMs = 60_000;

export function bars({ name, days, uptime }: PublicComponent) {
  const known = days.filter((day) => day.uptime !== null).length;
  const troubled = days.filter(isTroubled).length;
  const told =
    known === 0
      ? 'nothing was measured yet'
      : `${uptime === null ? 'unknown' : uptimeText(uptime, days)}, trouble on ${troubled} of ${known} measured days`;
  return html`<ol class="days" aria-label="${name}, last ${days.length} days: ${told}">${days.map((day, index) => bar(day, index, days.length))}</ol>
<p class="scale"><span class="wide">${days.length} days ago</span><span class="narrow">30 days ago</span><span class="share">${
    uptime === null ? 'no data yet' : uptimeText(uptime, days)
  }</span><span>Today</span></p>`;
}

/** Bars of 90 days are no 90 days of measurements: a young page says of how much its figure is. */
function uptimeText(uptime: number, days: readonly DayBar[]): string {
  const knownMs = days.reduce((sum, { measuredMs }) => sum + measuredMs, 0);
  const isFull = days.every((day) => day.uptime !== null || day.maintenanceMs > 0);
  return `${sayAvailability(uptime)} uptime${isFull ? '' : ` of the ${formatDuration(knownMs)} known`}`;
}

function bar(day: DayBar, index: number, count: number) {
  const side = index < count * 0.2 ? ' left' : index >= count * 0.8 ? ' right' : '';
  // Ninety stops for the Tab key per component would be a wall; days with nothing to tell have none.
  const tip = html`<span class="tip${side}"><b>${dayName(day.date)}</b>${lines(day).map((line) => html`<span>${line}</span>`)}</span>`;
  return isTroubled(day)
    ? html`<li class="${day.state}" tabindex="0">${tip}</li>`
    : html`<li class="${day.state}" aria-hidden="true">${tip}</li>`;
}

function isTroubled(day: DayBar): boolean {
  return day.incidents.length > 0 || !['operational', 'unknown'].includes(day.state);
}

/** What is said of a day, most important first. */
export function lines(day: DayBar): string[] {
  if (day.uptime === null)
    return [day.state === 'unknown' ? 'No data' : stateWords[day.state], ...day.incidents.slice(0, 3)];
  const isSmall = day.downMs < minuteMs;
  return [
    `${sayAvailability(day.uptime)} uptime${day.uptime === 1 || isSmall ? '' : `, down for ${formatDuration(Math.round(day.downMs / minuteMs) * minuteMs)}`}`,
    ...(day.seen < 0.95 ? [`measured ${Math.floor(day.seen * 100)} % of the time`] : []),
    ...(day.maintenanceMs > 0 ? [`${formatDuration(day.maintenanceMs)} of planned maintenance`] : []),
    ...day.incidents.slice(0, 3),
    ...(day.incidents.length > 3 ? [`and ${day.incidents.length - 3} more`] : []),
  ];
}
