import { count } from '../../core/count.ts';
import type { ActionItem } from '../../core/incident/action-item.ts';
import { type Impact, reachWords } from '../../core/incident/impact.ts';
import type { IncidentStatistics } from '../../core/incident/statistics.ts';
import { basisOf, type Measure, noOutageWords } from '../../core/incident/statistics-words.ts';
import type { StakeholderUpdate } from '../../core/incident/update.ts';
import { sayAnswers } from '../../core/oncall/answers.ts';
import { formatDuration, sayDuration } from '../../core/time.ts';
import { day, moment } from '../moments.ts';
import { paint, plain, plainLines, type Terminal, table } from '../terminal.ts';

const dayMs = 86_400_000;
const recentDays = 7;

/** Whoever looks just after one was resolved must see that there was one, and how to read it. */
export function noOpenIncident(resolved: unknown, now: number): string {
  const recent = (Array.isArray(resolved) ? resolved : []).filter(
    ({ resolvedAt }: { resolvedAt: number | null }) => (resolvedAt ?? 0) > now - recentDays * dayMs,
  ).length;
  const lately = `in the last ${count(recentDays, 'day')}`;
  return recent === 0
    ? `No open incident, and none was resolved ${lately}.`
    : `No open incident; ${recent} resolved ${lately}: upkeep incident list --status all`;
}

interface Written {
  readonly format: string;
  readonly content: string;
  readonly encoding: 'text' | 'base64';
}

/** The bytes of a written document; null for any other result. */
export function writtenBytes(result: unknown): Buffer | null {
  if (result === null || typeof result !== 'object' || !('content' in result) || !('encoding' in result)) {
    return null;
  }
  const { content, encoding } = result;
  if (typeof content !== 'string') return null;
  return Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8');
}

export function printPostmortem(_terminal: Terminal, { format, content, encoding }: Written): string {
  if (encoding === 'base64') return `A ${format.toUpperCase()} is no text: give --write FILE`;
  return plainLines(content.trimEnd());
}

const mostLines = 12;

/** What now stands where; the whole document is one command away. */
export function printPostmortemEdit(
  terminal: Terminal,
  { id, section, was, url, title, sections }: EditedPostmortem,
): string {
  const now = sections.find((one) => one.id === section);
  const lines = plainLines(now?.text.trim() ?? '').split('\n');
  const rest = lines.length - mostLines;
  const before =
    was === null ? 'was computed before' : was === now?.text.trim() ? 'unchanged' : 'was written before';
  const state = now?.isEdited ? before : 'computed again';
  return [
    `${paint(terminal, 'bold', plain(now?.title ?? section))} (${section}), ${state}, of ${plain(title)}:`,
    ...lines.slice(0, mostLines).map((line) => `  ${line}`),
    ...(rest > 0 ? [`  and ${count(rest, 'line')} more`] : []),
    paint(
      terminal,
      'gray',
      `The whole of it: upkeep incident postmortem ${plain(id.slice(0, 13))} or ${plain(url)}`,
    ),
  ].join('\n');
}

interface EditedPostmortem {
  readonly id: string;
  readonly section: string;
  readonly was: string | null;
  readonly url: string;
  readonly title: string;
  readonly sections: readonly {
    readonly id: string;
    readonly title: string;
    readonly isEdited: boolean;
    readonly text: string;
  }[];
}

export function printUpdates(
  terminal: Terminal,
  {
    updates,
    next,
    drafts,
  }: {
    updates: readonly StakeholderUpdate[];
    next: string;
    drafts: readonly { status: string; text: string }[];
  },
): string {
  const told = updates.flatMap((one) => updateLines(terminal, one));
  const draft = drafts.find(({ status }) => status === next);
  return [
    ...(told.length === 0 ? ['Nobody was told anything yet.'] : told),
    ...(draft ? [`${paint(terminal, 'bold', `Could be told next (${next}):`)} ${plain(draft.text)}`] : []),
  ].join('\n');
}

export function printUpdate(terminal: Terminal, update: StakeholderUpdate): string {
  return updateLines(terminal, update).join('\n');
}

function updateLines(terminal: Terminal, { at, by, status, text, isPublic }: StakeholderUpdate): string[] {
  const whose = `${moment(terminal, at)} · ${plain(by)}${isPublic ? '' : ' · not public'}`;
  return [`${paint(terminal, 'bold', status)}  ${paint(terminal, 'gray', whose)}`, `  ${plain(text)}`];
}

export function impactLines(impact: Impact): string[] {
  const { users, services, requestsFailed, durationMs, atRisk } = impact;
  const percent = (share: number) => `${Number((share * 100).toFixed(1))} %`;
  const amounts = [
    ...(users.count === null ? [] : [String(users.count)]),
    ...(users.share === null ? [] : [percent(users.share)]),
  ];
  const [first = 'unknown', second] = amounts;
  return [
    `  users      ${second === undefined ? first : `${first} (${second})`}: ${plain(users.note)}`,
    `  services   ${services.length === 0 ? noneWords(atRisk) : plain(reachWords(impact, percent))}`,
    `  requests   ${requestsFailed === null ? 'unknown' : `${requestsFailed} failed`}`,
    `  duration   ${formatDuration(durationMs)}`,
  ];
}

function noneWords(atRisk: readonly string[] = []): string {
  return atRisk.length === 0
    ? 'none'
    : `none: nothing is down by it, the backups of ${atRisk.map((name) => plain(name)).join(', ')} are at risk`;
}

export function printImpact(_terminal: Terminal, impact: Impact): string {
  return impactLines(impact).join('\n');
}

type Listed = ActionItem & { readonly isOverdue?: boolean };

export function printActionItems(terminal: Terminal, items: readonly Listed[]): string {
  if (items.length === 0) return 'No action item is like that.';
  return table(
    terminal,
    items.map((item) => itemRow(terminal, item)),
  );
}

export function printActionItem(terminal: Terminal, item: Listed, now: number): string {
  const row = table(terminal, [itemRow(terminal, item)]);
  if (item.endedAt !== null || item.dueAt === null || item.dueAt >= now) return row;
  return `${row}\n  It was due ${formatDuration(now - item.dueAt)} ago: ${item.owner === null ? 'your channels are' : 'its owner is'} reminded at once, after quiet hours.`;
}

function itemRow(terminal: Terminal, item: Listed): string[] {
  const due = item.dueAt === null ? 'no day' : day(terminal, item.dueAt);
  const state = item.outcome ?? (item.isOverdue ? paint(terminal, 'red', 'overdue') : 'open');
  return [
    `  ${state}`,
    due,
    plain(item.owner ?? 'nobody yet'),
    plain(item.task),
    paint(terminal, 'gray', item.id.slice(0, 13)),
  ];
}

export function printStatistics(terminal: Terminal, found: IncidentStatistics): string {
  const span = (ms: number | null) => (ms === null ? 'unknown' : sayDuration(ms));
  const basis = basisOf(found);
  const row = (name: string, measure: Measure) => [
    `  ${name}`,
    `mean ${span(found[measure].meanMs)}`,
    `median ${span(found[measure].medianMs)}`,
    `worst ${span(found[measure].worstMs)}`,
    paint(terminal, 'gray', basis[measure]),
  ];
  const { response, repeats, load } = found;
  const share = response.share === null ? '' : `${Number((response.share * 100).toFixed(1))} %: `;
  const heading = (text: string) => `\n${paint(terminal, 'bold', text)}`;
  return [
    `${paint(terminal, 'bold', count(found.incidents, 'incident'))}  ${moment(terminal, found.from)} to ${moment(terminal, found.to)}`,
    table(terminal, [
      row('to detect (MTTD)', 'detect'),
      row('to acknowledge (MTTA)', 'acknowledge'),
      row('to mitigate', 'mitigate'),
      row('to resolve (MTTR)', 'resolve'),
    ]),
    ...(found.noOutages === 0
      ? []
      : [`  left out of these times: ${noOutageWords(found.noOutages)}, and were no outage`]),
    `  ${share}${sayAnswers(response, formatDuration(response.withinMs))}`,
    `  over before anybody was on it: ${found.withoutPeople}`,
    ...(found.acknowledgedByNobodyKnown === 0
      ? []
      : [
          `  acknowledged on the command line or by a token, by whom is unknown: ${found.acknowledgedByNobodyKnown}`,
        ]),
    ...(repeats.length === 0 ? [] : [heading('Came back')]),
    ...repeats.map(({ lead, times }) => `  ${plain(lead)}: ${count(times, 'time')}`),
    ...(load.length === 0 ? [] : [heading('Load')]),
    ...load.map(
      ({ person, pages, incidents, atNight, acknowledged }) =>
        `  ${plain(person)}: ${count(pages, 'page')} for ${count(incidents, 'incident')}, ${atNight} at night; acknowledged ${acknowledged}`,
    ),
  ].join('\n');
}
