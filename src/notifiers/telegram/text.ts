/** HTML as Telegram knows it: b, i, code, a; at most 4,096 characters after the markup. */
import type { Message } from '../../core/message.ts';
import { capped, cappedLines, plain } from '../../core/plain.ts';
import { escapeHtml } from '../../wire/html.ts';
import { type Markup, plainMarkup, renderMarkdown } from '../../wire/markdown.ts';
import type { Story } from '../../wire/story.ts';

const signs: Readonly<Record<Story['tone'], string>> = {
  critical: '🔴',
  high: '🟠',
  medium: '🟡',
  low: '🔵',
  good: '🟢',
  neutral: '⚪',
};

const markup: Markup = {
  ...plainMarkup,
  escape: escapeHtml,
  strong: (text) => `<b>${text}</b>`,
  emphasis: (text) => `<i>${text}</i>`,
  code: (text) => `<code>${escapeHtml(text)}</code>`,
  heading: (text) => `\n<b>${text}</b>\n`,
  item: (text) => `• ${text}\n`,
  link: (text, url) => `<a href="${escapeHtml(url)}">${text}</a>`,
  block: (text) => `${escapeHtml(text)}\n`,
};

export function textOf(message: Message, story: Story): string {
  const head = `${signs[story.tone]} <b>${escapeHtml(capped(story.headline, 300))}</b>`;
  const lines = story.lines.map(({ label, text }) => `<b>${label}</b>  ${escapeHtml(capped(text, 500))}`);
  // Cut before it is marked up, so that no tag stays open.
  const body =
    story.markdown === null
      ? []
      : [renderMarkdown(cappedLines(story.markdown, 2_500, '… the rest is on the dashboard'), markup)];
  return [
    head,
    '',
    ...lines,
    ...body,
    ...plainLinks(story),
    '',
    `<i>${escapeHtml(plain(message.source, 80))}</i>`,
  ].join('\n');
}

/** What no button can hold: an address that only this network reaches. */
function plainLinks(story: Story): string[] {
  return linksOf(story)
    .filter(({ url }) => /^https?:/.test(url) && !isPublic(url))
    .map(({ text, url }) => `${text}: ${escapeHtml(url)}`);
}

function linksOf(story: Story): { readonly text: string; readonly url: string }[] {
  return [
    ...story.choices.flatMap(({ label, url }) => (url === null ? [] : [{ text: label, url }])),
    { text: 'Open', url: story.url },
  ];
}

/** Two in a row; Telegram takes only addresses that others can reach, or it refuses the message. */
export function keyboardOf(story: Story) {
  const buttons = linksOf(story).filter(({ url }) => isPublic(url));
  const rows = [buttons.slice(0, 2), buttons.slice(2)].filter((row) => row.length > 0);
  return { inline_keyboard: rows };
}

function isPublic(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname, protocol } = new URL(url);
  return /^https?:$/.test(protocol) && hostname.includes('.') && !/^(127\.|localhost$)/.test(hostname);
}
