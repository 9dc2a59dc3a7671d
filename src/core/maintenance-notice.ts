/** The notice of a maintenance window, in the form teams send: what, when, duration, impact, action required. Pure. */
import { Temporal } from 'temporal-polyfill';
import type { MaintenanceWindow } from './maintenance.ts';
import { formatDuration } from './time.ts';

const titles = {
  scheduled: 'Planned maintenance',
  started: 'Maintenance has begun',
  ended: 'Maintenance is over',
} as const;

export function maintenanceNotice(
  window: MaintenanceWindow,
  about: { readonly startsAt: number; readonly endsAt: number; readonly phase: keyof typeof titles },
): { readonly title: string; readonly markdown: string } {
  const concerned = [...window.services, ...window.targets];
  const lines: [string, string][] = [
    ['What', window.what],
    ['When', `${localTime(about.startsAt, window.timezone)} (${window.timezone})`],
    ['Duration', formatDuration(about.endsAt - about.startsAt)],
    ['Concerns', concerned.length > 0 ? concerned.join(', ') : 'everything'],
    ['Impact', window.impact ?? 'None expected.'],
    ['Action Required', window.actionRequired ?? 'None.'],
  ];
  return {
    title: `${titles[about.phase]}: ${window.what}`,
    markdown: lines.map(([name, text]) => `**${name}:** ${text}`).join('\n'),
  };
}

/** `Sun 6 Dec 2026, 02:00` on the wall clock of that zone. */
export function localTime(at: number, timezone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone);
  const day = local.toLocaleString('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  });
  return `${day}, ${local.toPlainTime().toString({ smallestUnit: 'minute' })}`;
}
