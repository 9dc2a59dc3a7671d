/** Limits: title 256, description 4,096, field name 256 and value 1,024, 25 fields, 6,000 characters in all. */
import type { Message } from '../../core/message.ts';
import { capped, cappedLines, plain } from '../../core/plain.ts';
import { type Markup, plainMarkup, renderMarkdown } from '../../wire/markdown.ts';
import type { Story } from '../../wire/story.ts';

const colours: Readonly<Record<Story['tone'], number>> = {
  critical: 0xd6293e,
  high: 0xe8590c,
  medium: 0xe0a100,
  low: 0x2f7ed8,
  good: 0x2b8a3e,
  neutral: 0x868e96,
};

/** Markup, mentions and links of what is watched are shown as text. */
function escapeDiscord(text: string): string {
  return text
    .replace(/[\\*_~`|>#[\]()<-]/g, (sign) => `\\${sign}`)
    .replaceAll('@', '@\u2060')
    .replace(/(https?):\/\//g, '$1:\u2060//');
}

const markup: Markup = {
  ...plainMarkup,
  escape: escapeDiscord,
  strong: (text) => `**${text}**`,
  emphasis: (text) => `*${text}*`,
  code: (text) => `\`${text.replaceAll('`', "'")}\``,
  heading: (text) => `\n**${text}**\n`,
  link: (text, url) => `[${text}](${url.replace(/[()\s]/g, encodeURIComponent)})`,
};

export function bodyOf(message: Message, story: Story) {
  const links = story.choices.flatMap(({ label, url }) => (url === null ? [] : [`[${label}](${url})`]));
  const lines = story.lines.map(({ label, text }) => `**${label}** ${escapeDiscord(text)}`);
  const markdown =
    story.markdown === null ? [] : [cappedLines(renderMarkdown(story.markdown, markup), 3_000)];
  const description = cappedLines([...lines, ...markdown].join('\n'), 3_400);
  return {
    embeds: [
      {
        title: capped(escapeDiscord(story.headline), 256),
        description: [description, links.join(' · ')].filter((one) => one !== '').join('\n\n'),
        color: colours[story.tone],
        timestamp: message.at,
        footer: { text: plain(message.source, 100) },
        ...(/^https?:/.test(message.url) ? { url: message.url } : {}),
      },
    ],
    // Nobody is pinged, whatever a text says.
    allowed_mentions: { parse: [] },
  };
}
