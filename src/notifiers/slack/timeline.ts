/** The thread below a message is its timeline: one line for what is new, never again what stands above it. */
import { createHash } from 'node:crypto';
import type { Message } from '../../core/message.ts';
import type { Thread } from '../../core/notifier.ts';
import { plain } from '../../core/plain.ts';
import { formatDuration } from '../../core/time.ts';
import type { Story } from '../../wire/story.ts';

/** What the thread keeps of it: which lines were told, by the beginning of their digest, and how many calls. */
const toldKey = 'told';
const pagedKey = 'paged';

/** They change with each word of a check; what they mean is in the cause. */
const quiet = ['Impact', 'Evidence', 'Paged'];

export function rememberTold(message: Message, story: Story): Thread {
  const told = story.lines.filter(({ label }) => !quiet.includes(label)).map(digestOf);
  return { [toldKey]: told.join(' '), [pagedKey]: String(message.incident?.paged?.length ?? 0) };
}

function digestOf({ label, text }: Story['lines'][number]): string {
  return createHash('sha256').update(`${label}:${text}`).digest('hex').slice(0, 8);
}

/** One line for each thing that is new since `known`, the oldest first; none where only the state was brought up to date. */
export function timelineOf(message: Message, story: Story, known: Thread): string[] {
  const calls = (message.incident?.paged ?? [])
    .slice(Number(known[pagedKey] ?? 0))
    .map(
      ({ person, by }) => `Paged ${plain(person, 60)} by ${by.map((way) => plain(way, 60)).join(' and ')}`,
    );
  return message.inPlaceOnly ? calls : [...calls, ...newsOf(message, story, known)];
}

function newsOf(message: Message, story: Story, known: Thread): string[] {
  const { incident, event, storm } = message;
  if (event === 'incident.resolved') {
    const from = storm ? storm.since : (incident?.reopenedAt ?? incident?.openedAt);
    const to = storm ? storm.until : incident?.resolvedAt;
    const ms = from === undefined || to === undefined ? Number.NaN : Date.parse(to) - Date.parse(from);
    return [Number.isNaN(ms) ? 'Resolved' : `Resolved after ${formatDuration(ms)}`];
  }
  const told = new Set((known[toldKey] ?? '').split(' '));
  const fresh = story.lines
    .filter((line) => !quiet.includes(line.label) && !told.has(digestOf(line)))
    .map(({ label, text }) => `${label}: ${text}`);
  if (event === 'incident.acknowledged' || event === 'incident.opened') return [story.news];
  const heading = event === 'incident.escalated' ? `${story.news}: ${story.subject}` : story.news;
  // That it is an update is no news: only what is new by it.
  const parts = heading === 'Update' ? fresh : [heading, ...fresh];
  return parts.length === 0 ? [] : [parts.join(' · ')];
}
