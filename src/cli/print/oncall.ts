/** On-call for people: who, until when, and what is wrong with the plan. Times are those of the team. */

import { count } from '../../core/count.ts';
import { noOutageWords } from '../../core/incident/statistics-words.ts';
import { unescapeMarkdown } from '../../core/markdown-text.ts';
import { sayAnswers } from '../../core/oncall/answers.ts';
import type { Absence } from '../../core/oncall/model.ts';
import type {
  DutyView,
  FeedView,
  HandOffNoteView,
  HandOffView,
  LoadView,
  OverrideView,
  PersonLoad,
  ResponseView,
  ScheduleView,
} from '../../core/oncall/view.ts';
import { formatDuration } from '../../core/time.ts';
import { minute, moment, wallSpan } from '../moments.ts';
import { paint, plain, plainLines, type Terminal, table } from '../terminal.ts';

const nothing = 'No rotation in upkeep.yaml; docs/guide/on-call.md has one to begin with.';

function printDuties(terminal: Terminal, duties: readonly DutyView[], now: number): string {
  if (duties.length === 0) return nothing;
  return table(
    terminal,
    duties.map(({ rotation, person, name, why, until, overrideUntil, next }) => [
      paint(terminal, 'bold', rotation),
      person === null ? paint(terminal, 'red', 'NOBODY') : plain(name ?? person),
      `until ${minute(terminal, until)} (${formatDuration(until - now)} left)`,
      next === null ? 'nobody follows' : `then ${plain(next.name)} in ${formatDuration(next.at - now)}`,
      paint(
        terminal,
        'gray',
        overrideUntil === null ? plain(why) : `ends ${minute(terminal, overrideUntil)}: ${plain(why)}`,
      ),
    ]),
  );
}

interface HandOffToCome {
  readonly rotation: string;
  readonly at: number;
  readonly when: string;
  readonly from: string | null;
  readonly fromName: string | null;
  readonly to: string;
  readonly name: string | null;
  readonly why: string;
}

function printHandOffs(terminal: Terminal, all: readonly HandOffToCome[], now: number): string {
  if (all.length === 0) return 'No hand-off in the next 60 days.';
  return table(
    terminal,
    all.map(({ rotation, at, from, fromName, to, name, why }) => [
      paint(terminal, 'bold', rotation),
      minute(terminal, at),
      `in ${formatDuration(at - now)}`,
      `${plain(fromName ?? from ?? 'nobody')} -> ${plain(name ?? to)}`,
      paint(terminal, 'gray', plain(why)),
    ]),
  );
}

function printSchedules(terminal: Terminal, schedules: readonly ScheduleView[]): string {
  if (schedules.length === 0) return nothing;
  return schedules.map((one) => printSchedule(terminal, one)).join('\n\n');
}

function printSchedule(terminal: Terminal, { rotation, shifts, quality }: ScheduleView): string {
  const rows = shifts.map(({ from, to, name, isGap, why }) => [
    `  ${minute(terminal, from)}`,
    formatDuration(to - from),
    isGap ? paint(terminal, 'red', 'NOBODY') : plain(name ?? ''),
    paint(terminal, 'gray', plain(why)),
  ]);
  return [
    `${paint(terminal, 'bold', rotation)}  quality ${quality.score} of 100`,
    table(terminal, rows),
    ...quality.hints.map((hint) => `  ${paint(terminal, 'yellow', '▲')} ${plain(hint)}`),
  ].join('\n');
}

function printOverride(terminal: Terminal, made: OverrideView, now: number): string {
  const { person, rotation, replaces, from, to, id } = made;
  const whom = replaces === null ? '' : ` instead of ${plain(replaces)}`;
  const begins = from <= now ? 'now' : `in ${formatDuration(from - now)}`;
  return `${plain(person)} has ${rotation}${whom} from ${begins} for ${formatDuration(to - from)} (${wallSpan(terminal, from, to)})  ${paint(terminal, 'gray', id ?? '')}`;
}

interface Listed {
  readonly people: readonly { readonly id: string; readonly timezone: string }[];
  readonly rotations: readonly { readonly name: string; readonly timezone: string }[];
  readonly overrides: readonly OverrideView[];
  readonly absences: readonly Absence[];
}

/** The plan itself is what `upkeep oncall schedule` shows; here is what departs from it. */
function printDepartures(terminal: Terminal, listed: Listed): string {
  const { people, rotations, overrides, absences } = listed;
  if (rotations.length === 0 && people.length === 0) return nothing;
  const instead = overrides.map(({ id, rotation, person, replaces, from, to, by, why }) => [
    `  ${paint(terminal, 'gray', id ?? 'upkeep.yaml')}`,
    rotation,
    `${plain(person)}${replaces === null ? '' : ` for ${plain(replaces)}`}`,
    wallSpan(terminal, from, to),
    paint(terminal, 'gray', plain([why, `by ${by}`].filter((text) => text !== '').join(', '))),
  ]);
  const away = absences.map(({ person, from, to, why }) => [
    `  ${plain(person)}`,
    wallSpan(terminal, from, to),
    paint(terminal, 'gray', plain(why)),
  ]);
  return [
    instead.length === 0
      ? 'No override to come.'
      : `${paint(terminal, 'bold', 'Overrides')}\n${table(terminal, instead)}`,
    away.length === 0
      ? 'No absence to come.'
      : `${paint(terminal, 'bold', 'Absences')}\n${table(terminal, away)}`,
  ].join('\n');
}

type Feed = Pick<FeedView, 'kind' | 'name'>;

function printFeeds(terminal: Terminal, feeds: FeedView[]): string {
  if (feeds.length === 0) return 'No address of a calendar was given out.';
  const rows = feeds.map(({ kind, name, createdAt, createdBy }) => [
    `  ${kind} ${plain(name)}`,
    `given out ${moment(terminal, createdAt)} by ${plain(createdBy)}`,
  ]);
  return table(terminal, rows);
}

function printFeed(terminal: Terminal, feed: { kind: 'person' | 'rotation'; name: string; url: string }) {
  return `Calendar of the ${feed.kind} ${paint(terminal, 'bold', plain(feed.name))}, to subscribe to:\n${plain(feed.url)}\nThis is shown once. The address before opens nothing any more.`;
}

function printHandOffNotes(terminal: Terminal, notes: readonly HandOffView[]): string {
  if (notes.length === 0) return nothing;
  return notes
    .map(
      ({ title, markdown }) =>
        `${paint(terminal, 'bold', plain(title))}\n\n${plainLines(unescapeMarkdown(markdown))}`,
    )
    .join('\n\n');
}

function printLoad(terminal: Terminal, { from, to, people, response, noOutages }: LoadView): string {
  return [
    `${paint(terminal, 'bold', 'People')}, over ${formatDuration(to - from)}`,
    table(terminal, people.map(loadRow)),
    '',
    paint(terminal, 'bold', 'Response'),
    ...response.flatMap((one) => responseLines(terminal, one)),
    ...(noOutages > 0 ? [`  left out: ${noOutageWords(noOutages)}, and were no outage`] : []),
  ].join('\n');
}

function loadRow(one: PersonLoad) {
  const { name, pages, incidents, atNight, nightsInterrupted, acknowledged, acknowledgedInMs, hoursOnCall } =
    one;
  const within = acknowledgedInMs === null ? '' : `, in ${formatDuration(acknowledgedInMs)}`;
  return [
    `  ${plain(name)}`,
    count(pages, 'page'),
    count(incidents, 'incident'),
    `${atNight} at night (${count(nightsInterrupted, 'night')})`,
    `acknowledged ${acknowledged}${within}`,
    `${hoursOnCall} h on call`,
  ];
}

function responseLines(terminal: Terminal, one: ResponseView): string[] {
  const { level, incidents, acknowledged, medianMs, withinLimit, within15Minutes } = one;
  if (incidents === 0) return [`  ${level}: no incident`];
  const limit = one.limitMs === null ? 'the limit' : `the limit of ${formatDuration(one.limitMs)}`;
  const median = medianMs === null ? '' : `, half of them in ${formatDuration(medianMs)}`;
  return [
    `  ${paint(terminal, 'bold', level)}: ${count(incidents, 'incident')}, ${acknowledged} acknowledged${median}`,
    `    ${withinLimit === null ? 'no limit is set' : sayAnswers(withinLimit, limit)}`,
    `    ${sayAnswers(within15Minutes, '15 m')}`,
  ];
}

export const onCallForms = {
  'oncall.now': printDuties,
  'oncall.list': printDepartures,
  'oncall.feed': printFeed,
  'oncall.feed-list': printFeeds,
  'oncall.feed-end': (_: Terminal, { kind, name }: Feed) =>
    `The address of the ${kind} ${plain(name)} opens nothing any more.`,
  'oncall.note': (_: Terminal, { rotation }: HandOffNoteView) =>
    `Written; it stands in the hand-off note of ${plain(rotation)}.`,
  'oncall.next': printHandOffs,
  'oncall.schedule': printSchedules,
  'oncall.override': printOverride,
  'oncall.swap': (terminal: Terminal, made: readonly OverrideView[], now: number) =>
    made.map((one) => printOverride(terminal, one, now)).join('\n'),
  'oncall.handoff': printHandOffNotes,
  'oncall.load': printLoad,
};
