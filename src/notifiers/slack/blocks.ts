/** Block Kit. Limits: header 150, section 3,000, button text 75, value 2,000 characters, 50 blocks. */
import type { Message } from '../../core/message.ts';
import { capped, cappedLines } from '../../core/plain.ts';
import { renderMarkdown } from '../../wire/markdown.ts';
import type { Choice, Story } from '../../wire/story.ts';
import { escapeMrkdwn, slackMarkup } from './mrkdwn.ts';

export type Block = Readonly<Record<string, unknown>>;

const colours: Readonly<Record<Story['tone'], string>> = {
  critical: '#d6293e',
  high: '#e8590c',
  medium: '#e0a100',
  low: '#2f7ed8',
  good: '#2b8a3e',
  neutral: '#868e96',
};

/** A line of colour says the level before a word is read; blocks in an attachment are the way to it. */
export function bodyOf(message: Message, story: Story, hasButtons: boolean, note?: string) {
  const head: Block = {
    type: 'header',
    text: { type: 'plain_text', text: capped(story.headline, 150), emoji: false },
  };
  const blocks: Block[] = [head];
  if (story.lines.length > 0) blocks.push(section(linesOf(story)));
  if (story.markdown !== null) blocks.push(...markdownSections(story.markdown));
  const buttons = buttonsOf(message, story, hasButtons);
  if (buttons.length > 0) blocks.push({ type: 'actions', elements: buttons });
  const context = [escapeMrkdwn(message.source), ...(note ? [note] : [])].join(' · ');
  blocks.push({ type: 'context', elements: [{ type: 'mrkdwn', text: capped(context, 2_000) }] });
  return {
    // For notifications and screen readers; the blocks stand in its place elsewhere.
    text: escapeMrkdwn(capped(story.headline, 300)),
    attachments: [{ color: colours[story.tone], blocks, fallback: capped(story.headline, 300) }],
    unfurl_links: false,
    unfurl_media: false,
  };
}

/** What happened, in one line below the message that says how things are. */
export function replyOf(line: string): { text: string } {
  return { text: escapeMrkdwn(capped(line, 600)) };
}

function linesOf(story: Story): string {
  return cappedLines(story.lines.map(lineOf).join('\n'), 2_900);
}

function lineOf({ label, text }: Story['lines'][number]): string {
  return `*${label}:* ${escapeMrkdwn(text)}`;
}

const mostSections = 4;

function markdownSections(markdown: string): Block[] {
  const text = cappedLines(
    renderMarkdown(markdown, slackMarkup),
    2_900 * mostSections,
    '_The rest is on the dashboard._',
  );
  const sections: string[] = [''];
  for (const line of text.split('\n').map((one) => capped(one, 2_900))) {
    const last = sections.at(-1) ?? '';
    if (last.length + line.length + 1 > 2_900) sections.push(line);
    else sections[sections.length - 1] = last === '' ? line : `${last}\n${line}`;
  }
  return sections.filter((one) => one.trim() !== '').map(section);
}

function section(text: string): Block {
  return { type: 'section', text: { type: 'mrkdwn', text } };
}

function buttonsOf(message: Message, story: Story, hasButtons: boolean): Block[] {
  const id = message.approval?.actionId ?? message.incident?.id ?? '';
  const digest = message.approval?.digest;
  const buttons = story.choices.flatMap((choice) => {
    if (!hasButtons && choice.url === null) return [];
    const value = digest === undefined ? id : `${id} ${digest}`;
    const isByPage = !hasButtons || message.storm !== undefined;
    return [button(choice, isByPage ? { url: choice.url } : { value })];
  });
  if (!/^https?:\/\//.test(story.url)) return buttons;
  return [...buttons, { type: 'button', text: label('Open'), url: story.url, action_id: 'upkeep_open' }];
}

function button({ purpose, label: text }: Choice, more: Block): Block {
  const style = purpose === 'deny' ? { style: 'danger' } : purpose === 'resolve' ? {} : { style: 'primary' };
  const confirm =
    purpose === 'approve' || purpose === 'resolve'
      ? {
          confirm: {
            title: label(`${text}?`),
            text: label(purpose === 'approve' ? 'The plan runs as it is shown.' : 'The incident ends.'),
            confirm: label(text),
            deny: label('Back'),
          },
        }
      : {};
  return { type: 'button', text: label(text), action_id: `upkeep_${purpose}`, ...style, ...confirm, ...more };
}

function label(text: string) {
  return { type: 'plain_text', text: capped(text, 75), emoji: false };
}
