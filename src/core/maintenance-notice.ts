/** The notice of a maintenance window, in the form teams send: what, when, duration, impact, action required. Pure. */
import { Temporal } from 'temporal-polyfill';
import type { MaintenanceWindow } from './maintenance.ts';
import { escapeMarkdown } from './markdown-text.ts';
import { formatDuration } from './time.ts';

const titles = {
  scheduled: 'Planned maintenance',
  started: 'Maintenance has begun',
  ended: 'Maintenance is over',
} as const;

export function maintenanceNotice(
  window: MaintenanceWindow,
  about: {
    readonly startsAt: number;
    readonly endsAt: number;
    readonly phase: keyof typeof titles;
    /** Further windows of its series that this notice stands for. */
    readonly more?: { readonly amount: number; readonly lastStartsAt: number; readonly isLast: boolean };
  },
): { readonly title: string; readonly markdown: string } {
  const concerned = [...window.services, ...window.targets];
  const lines: [string, string][] = [
    ['What', window.what],
    [
      'When',
      `${localSpan(about.startsAt, about.endsAt, window.timezone)} (${window.timezone})${moreWords(window, about.more)}`,
    ],
    ['Duration', formatDuration(about.endsAt - about.startsAt)],
    ['Concerns', concerned.length > 0 ? concerned.join(', ') : 'everything'],
    ['Impact', window.impact ?? 'None expected.'],
    ['Action Required', askedOf(window.actionRequired) ?? 'Nothing for you to do.'],
  ];
  return {
    title: `${titles[about.phase]}: ${window.what}`,
    markdown: lines.map(([name, text]) => `**${name}:** ${escapeMarkdown(text)}`).join('\n'),
  };
}

function moreWords(
  { timezone }: MaintenanceWindow,
  more: { readonly amount: number; readonly lastStartsAt: number; readonly isLast: boolean } | undefined,
): string {
  if (!more) return '';
  const until =
    more.amount === 0 ? '' : `, and ${more.amount} more until ${localTime(more.lastStartsAt, timezone)}`;
  return more.isLast ? `${until}; it comes again and again without another notice` : until;
}

/** What users have to do; null where somebody wrote that it is nothing. */
export function askedOf(actionRequired: string | null): string | null {
  return actionRequired === null || /^\s*(?:none|nothing|no|-)?[\s.]*$/i.test(actionRequired)
    ? null
    : actionRequired;
}

/** `Sun 6 Dec 2026, 02:00 to 04:00`, with the day of the end where it is another. */
export function localSpan(startsAt: number, endsAt: number, timezone: string): string {
  const start = localTime(startsAt, timezone);
  const end = localTime(endsAt, timezone);
  const [day, clock] = end.split(/, (?=[^,]*$)/);
  return `${start} to ${day !== undefined && start.startsWith(`${day}, `) ? clock : end}`;
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
