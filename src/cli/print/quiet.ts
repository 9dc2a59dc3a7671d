/** Silences and maintenance windows for people. Times are those of the team. */
import { count, listed } from '../../core/count.ts';
import { noticeWords } from '../../core/maintenance-audience.ts';
import type { QuietSlot } from '../../core/quiet-hours.ts';
import { formatDuration } from '../../core/time.ts';
import type { WindowView } from '../../verbs/maintenance/view.ts';
import type { SilenceView } from '../../verbs/silence/view.ts';
import { moment, wallSpan } from '../moments.ts';
import { paint, plain, type Terminal, table } from '../terminal.ts';

const mostHeld = 10;
/** Holds milliseconds in full, so that two silences of one minute differ; `silence end` takes it. */
const shortId = 13;

function printSilences(terminal: Terminal, silences: readonly SilenceView[], now: number): string {
  if (silences.length === 0) return 'No silence is like that.';
  return silences.map((one) => printSilence(terminal, one, now)).join('\n');
}

function printSilence(terminal: Terminal, silence: SilenceView, now: number): string {
  const { id, matchers, startsAt, endsAt, isActive, reason, createdBy, holds, firing, warnings } = silence;
  const until = isActive
    ? `until ${moment(terminal, endsAt)} (${formatDuration(endsAt - now)} left)`
    : startsAt > now
      ? `from ${moment(terminal, startsAt)} until ${moment(terminal, endsAt)}`
      : paint(terminal, 'gray', `ended ${moment(terminal, endsAt)}`);
  const held = holds
    .slice(0, mostHeld)
    .map(
      ({ rule, target, since }) =>
        `    ${plain(rule)} on ${plain(target)} for ${formatDuration(now - since)}`,
    );
  return [
    `${paint(terminal, 'gray', id.slice(0, shortId))}  ${paint(terminal, 'bold', plain(matchers.join(', ')))}  ${until}`,
    `  ${plain(reason)}  ${paint(terminal, 'gray', `by ${plain(createdBy)}`)}`,
    ...warnings.map((warning) => `  ${paint(terminal, 'yellow', `! ${plain(warning)}`)}`),
    ...(isActive
      ? [
          `  ${matchesNow(firing)}`,
          ...(holds.length === 0 ? [] : [`  holds back ${count(holds.length, 'alert')}:`]),
        ]
      : []),
    ...(isActive ? held : []),
    ...(isActive && holds.length > mostHeld ? [`    and ${holds.length - mostHeld} more`] : []),
  ].join('\n');
}

function matchesNow({ alerts, inIncidents }: SilenceView['firing']): string {
  if (alerts === 0) return 'matches no firing alert right now';
  const stay =
    inIncidents === 0
      ? ''
      : `; ${inIncidents === alerts ? '' : `${inIncidents} of them `}in an open incident, which ${inIncidents === 1 ? 'it stays' : 'they stay'} in: nobody further is called while all of it is silenced`;
  return `matches ${count(alerts, 'alert')} firing right now${stay}`;
}

function printWindows(terminal: Terminal, windows: readonly WindowView[], now: number): string {
  if (windows.length === 0)
    return 'No maintenance is planned: upkeep maintenance schedule NAME --starts 2026-12-01T03:00 --for 1h';
  return windows.map((one) => printWindow(terminal, one, now)).join('\n');
}

function printWindow(terminal: Terminal, window: WindowView, now: number): string {
  const { name, what, next, isRunning, rrule, createdBy } = window;
  const when =
    next === null
      ? paint(terminal, 'gray', 'over')
      : `${wallSpan(terminal, next.startsAt, next.endsAt)}, ${
          isRunning
            ? paint(terminal, 'yellow', `runs, ${formatDuration(next.endsAt - now)} left`)
            : `in ${formatDuration(next.startsAt - now)}`
        }`;
  const remarks = [
    `concerns ${concerned(window)}`,
    ...(rrule === null ? [] : [`repeats ${rrule}`]),
    createdBy === null ? 'of upkeep.yaml' : `by ${createdBy}`,
    window.isExcludedFromSlo ? 'its time counts for no SLO' : 'its time counts in SLOs',
  ];
  return [
    `${paint(terminal, 'bold', plain(name))}${what === name ? '' : `  ${plain(what)}`}`,
    `  ${when}`,
    `  ${paint(terminal, 'gray', plain(remarks.join(' · ')))}`,
    ...(next === null ? [] : [`  ${told(terminal, window, next.startsAt - now)}`]),
  ].join('\n');
}

function told(terminal: Terminal, window: WindowView, startsInMs: number): string {
  if (window.untold !== null) return paint(terminal, 'yellow', `! ${plain(window.untold)}`);
  const usual = window.isNotifyDefault
    ? ' (the channels of its incidents; notify names others, or none)'
    : '';
  return paint(
    terminal,
    'gray',
    plain(`tells ${listed(window.notify)} ${noticeWords(window, startsInMs)}${usual}`),
  );
}

function concerned({ targets, services }: WindowView): string {
  if (targets.length === 0 && services.length === 0) return 'everything';
  return [
    ...(services.length === 0
      ? []
      : [`${services.length === 1 ? 'service' : 'services'} ${services.join(', ')}`]),
    ...(targets.length === 0 ? [] : [`${targets.length === 1 ? 'target' : 'targets'} ${targets.join(', ')}`]),
  ].join(' and ');
}

interface Suggested {
  readonly timezone: string;
  readonly by: readonly string[];
  readonly slots: readonly (QuietSlot & { readonly day: string; readonly at: string })[];
  readonly reason: string | null;
}

function printSuggestions(terminal: Terminal, { timezone, by, slots, reason }: Suggested): string {
  if (slots.length === 0) return plain(reason ?? 'unknown');
  return [
    `Quietest first, times of ${timezone}:`,
    table(
      terminal,
      slots.map(({ day, at, share, weeks }) => [
        `  ${paint(terminal, 'bold', `${day} ${at}`)}`,
        `${Math.round(share * 100)} % of the average traffic`,
        `seen in ${count(weeks, 'week')}`,
      ]),
    ),
    paint(terminal, 'gray', `Read from ${plain(by.join(', '))}`),
  ].join('\n');
}

export const quietForms = {
  'silence.create': printSilence,
  'silence.end': printSilence,
  'silence.list': printSilences,
  'maintenance.schedule': printWindow,
  'maintenance.list': printWindows,
  'maintenance.suggest': printSuggestions,
} as const;
