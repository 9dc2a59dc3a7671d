import type { Message } from '../../core/message.ts';
import { capped, plain } from '../../core/plain.ts';
import { plainMarkup, renderMarkdown } from '../../wire/markdown.ts';
import type { Story } from '../../wire/story.ts';

/** Without time and state, so that every mail of an incident has the same. */
export function subjectOf({ incident, storm, approval, source }: Message, story: Story): string {
  const word = approval ? 'Approval' : ((incident ?? storm)?.severity ?? story.news);
  return plain(`[${word}] ${story.subject} - ${source}`, 180);
}

export function textOf(message: Message, story: Story): string {
  const width = Math.max(...story.lines.map(({ label }) => label.length), 0) + 2;
  const lines = story.lines.map(({ label, text }) => `${`${label}:`.padEnd(width)}${text}`);
  const choices = story.choices.flatMap(({ label, url }) => (url === null ? [] : [`${label}: ${url}`]));
  return [
    story.headline,
    '',
    ...lines,
    ...(story.markdown === null ? [] : [capped(renderMarkdown(story.markdown, plainMarkup), 100_000)]),
    '',
    ...choices,
    `Open: ${message.url}`,
    ...(message.unsubscribe === undefined ? [] : [`No more mails: ${message.unsubscribe}`]),
    '',
    '-- ',
    message.event === 'status.published'
      ? plain(message.source, 80)
      : `Upkeep of ${plain(message.source, 80)}`,
    '',
  ].join('\n');
}
