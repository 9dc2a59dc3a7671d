import type { Message } from '../../core/message.ts';
import { capped, plain } from '../../core/plain.ts';
import { plainMarkup, renderMarkdown } from '../../wire/markdown.ts';
import type { Story } from '../../wire/story.ts';

/** Without time and state, so that every mail of an incident has the same. */
export function subjectOf({ event, incident, storm, approval, source }: Message, story: Story): string {
  const word = approval ? 'Approval' : ((incident ?? storm)?.severity ?? (event === 'test' ? 'Test' : null));
  // What is no call says in its title what it is, and often of whom.
  const head = word === null ? '' : `[${word}] `;
  const whose = story.subject.includes(source) ? '' : ` - ${source}`;
  return plain(`${head}${story.subject}${whose}`, 180);
}

export function textOf(message: Message, story: Story): string {
  const width = Math.max(...story.lines.map(({ label }) => label.length), 0) + 2;
  const lines = story.lines.map(({ label, text }) => `${`${label}:`.padEnd(width)}${text}`);
  const choices = story.choices.flatMap(({ label, url }) => (url === null ? [] : [`${label}: ${url}`]));
  const body = story.markdown === null ? '' : capped(renderMarkdown(story.markdown, plainMarkup), 100_000);
  return [
    story.headline,
    '',
    ...lines,
    ...(body === '' ? [] : [body]),
    '',
    ...choices,
    ...(body.includes(message.url) ? [] : [`Open: ${message.url}`]),
    ...(message.unsubscribe === undefined ? [] : [`No more mails: ${message.unsubscribe}`]),
    '',
    '-- ',
    message.event === 'status.published'
      ? plain(message.source, 80)
      : `Upkeep of ${plain(message.source, 80)}`,
    '',
  ].join('\n');
}
