/** What somebody who takes over must know, written from the journal of the shift that ends. */

import { timestamp } from '../../clock.ts';
import type { Configuration } from '../../core/configuration.ts';
import { count, often } from '../../core/count.ts';
import { openMs } from '../../core/incident/lulls.ts';
import { occurrencesOf } from '../../core/maintenance.ts';
import { escapeMarkdown } from '../../core/markdown-text.ts';
import { formatMatcher } from '../../core/mute.ts';
import { nameOf } from '../../core/oncall/duty.ts';
import type { HandOffView } from '../../core/oncall/view.ts';
import { wallText } from '../../core/oncall/wall-time.ts';
import { severityWord } from '../../core/severity.ts';
import { type Clock, formatDuration } from '../../core/time.ts';
import type { JournalEntry } from '../../core/view.ts';
import { allWindows } from '../../pipeline/holds.ts';
import type { Incident } from '../../store/incidents.ts';
import * as incidentRows from '../../store/incidents.ts';
import type { Tx } from '../../store/index.ts';
import * as journal from '../../store/journal.ts';
import * as pages from '../../store/pages.ts';
import * as silences from '../../store/silences.ts';

export interface HandOffSources {
  readonly clock: Clock;
  configuration(): Configuration;
}

export interface ShiftEnd {
  readonly rotation: string;
  readonly person: string | null;
  readonly next: string | null;
  readonly from: number;
  readonly to: number;
  readonly timezone: string;
}

/** A rule that fired more often than this in one shift is worth a word. */
const flakyFrom = 3;
const windowsAheadMs = 7 * 86_400_000;
const mostEntries = 5_000;

export async function handOffNote(sources: HandOffSources, tx: Tx, shift: ShiftEnd): Promise<HandOffView> {
  const { severities, oncall } = sources.configuration();
  const say = (at: number) => wallText(at, shift.timezone);
  const open = await incidentRows.open(tx);
  const recent = await incidentRows.list(tx, { limit: 1_000 });
  const during = recent.filter(
    (one) => one.openedAt >= shift.from && one.openedAt < shift.to && one.conduct?.mergedInto === undefined,
  );
  const ended = during.filter((one) => one.status === 'resolved');
  const sent = await pages.sentBetween(tx, shift.from, shift.to);
  const line = (one: Incident) =>
    `- **${severityWord(severities, one.level)}** ${escapeMarkdown(one.title)}, since ${say(one.openedAt)}, ${standing(one)}`;
  const parts: readonly (readonly [string, readonly string[]])[] = [
    ['Said by people', saidLines(await entriesOf(tx, 'oncall.note', shift), shift.rotation)],
    ['Open now', open.map(line)],
    ['Opened and over in this shift', ended.map((one) => overLine(one, severities, say))],
    ['Rules that fired again and again', flakyLines(await entriesOf(tx, 'alert.fired', shift))],
    ['Silences', await silenceLines(tx, sources.clock.now(), say)],
    ['Maintenance in the next week', await windowLines(sources, tx, say)],
  ];
  const isQuiet = sent.length === 0 && parts.every(([, lines]) => lines.length === 0);
  const beganAt = (await journal.beganAt(tx)) ?? shift.to;
  const known =
    beganAt <= shift.from ? '' : ` Upkeep has run since ${say(beganAt)}; of before that nothing is known.`;
  const from = nameOf(oncall.people, shift.person) ?? 'nobody';
  const to = nameOf(oncall.people, shift.next) ?? 'nobody';
  return {
    rotation: shift.rotation,
    person: shift.person,
    next: shift.next,
    from: shift.from,
    to: shift.to,
    title: `Hand-off of ${shift.rotation}: ${from} to ${to}`,
    markdown: [
      isQuiet
        ? `${say(shift.from)} to ${say(shift.to)}: nothing to hand over. No incident was opened and none is open, nobody was called, nothing is silenced or planned, and nobody wrote anything down.${known}`
        : `${say(shift.from)} to ${say(shift.to)}: ${count(during.length, 'incident')} opened, ${count(open.length, 'is', 'are')} open, ${count(sent.length, 'call')}.${known}`,
      ...(isQuiet
        ? []
        : parts.flatMap(([title, lines]) => [`### ${title}`, lines.length > 0 ? lines.join('\n') : 'None.'])),
    ].join('\n\n'),
  };
}

function standing({ acknowledgedBy, status }: Incident): string {
  const by =
    acknowledgedBy === null ? 'nobody has acknowledged it' : `${escapeMarkdown(acknowledgedBy)} is on it`;
  return status === 'mitigated' ? `mitigated, ${by}` : by;
}

function overLine(one: Incident, scheme: Configuration['severities'], say: (at: number) => string): string {
  const lasted = formatDuration(openMs({ ...one, lulls: one.conduct?.lulls ?? [] }, one.openedAt));
  const cause = one.findings[0]?.summary;
  return `- **${severityWord(scheme, one.level)}** ${escapeMarkdown(one.title)}, ${say(one.openedAt)} for ${lasted}${cause === undefined ? '' : `: ${escapeMarkdown(cause)}`}`;
}

async function entriesOf(tx: Tx, kind: string, shift: ShiftEnd): Promise<JournalEntry[]> {
  const entries = await journal.list(tx, { kinds: [kind], limit: mostEntries });
  return entries.filter(({ at }) => at >= shift.from && at <= shift.to);
}

/** Oldest first; what somebody wrote is Markdown of theirs and stays as it is. */
function saidLines(notes: readonly JournalEntry[], rotation: string): string[] {
  return notes
    .filter(({ subject }) => subject === `rotation:${rotation}`)
    .toReversed()
    .map(
      ({ actor, payload }) => `- ${escapeMarkdown(actor)}: ${String(payload.text).replace(/\n/g, '\n  ')}`,
    );
}

function flakyLines(fired: readonly JournalEntry[]): string[] {
  const counts = new Map<string, number>();
  for (const { payload } of fired) {
    const name = `${String(payload.rule)} on ${String(payload.target)}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, found]) => found >= flakyFrom)
    .sort((a, b) => b[1] - a[1])
    .map(([name, found]) => `- ${escapeMarkdown(name)}: ${often(found)}`);
}

async function silenceLines(tx: Tx, now: number, say: (at: number) => string): Promise<string[]> {
  return (await silences.active(tx, now)).map(
    ({ matchers, endsAt, reason, createdBy }) =>
      `- ${escapeMarkdown(matchers.map(formatMatcher).join(', '))} until ${say(endsAt)} by ${escapeMarkdown(createdBy)}: ${escapeMarkdown(reason)}`,
  );
}

async function windowLines(sources: HandOffSources, tx: Tx, say: (at: number) => string): Promise<string[]> {
  const now = sources.clock.now();
  return (await allWindows(sources, tx))
    .flatMap((window) =>
      occurrencesOf(window, now, now + windowsAheadMs).map((one) => ({ ...one, what: window.what })),
    )
    .sort((a, b) => a.startsAt - b.startsAt)
    .map(
      ({ what, startsAt, endsAt }) =>
        `- ${say(startsAt)} for ${formatDuration(endsAt - startsAt)}: ${escapeMarkdown(what)}`,
    );
}

/** For the message's key: one note for one hand-off. */
export function noteKey(rotation: string, at: number): string {
  return `handoff:${rotation}:${timestamp(at)}`;
}
