/** Slack's markup: three characters have a meaning everywhere, and `<!channel>` would wake everybody. */
import { type Markup, plainMarkup } from '../../wire/markdown.ts';

export function escapeMrkdwn(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      // A sign that has no width keeps pairs of these from turning text bold or into code.
      .replace(/[*_~`]/g, (sign) => `\u2060${sign}\u2060`)
  );
}

export const slackMarkup: Markup = {
  ...plainMarkup,
  escape: escapeMrkdwn,
  strong: (text) => `*${text}*`,
  emphasis: (text) => `_${text}_`,
  code: (text) => `\`${text.replaceAll('`', "'").replaceAll('<', '&lt;').replaceAll('>', '&gt;')}\``,
  heading: (text) => `\n*${text}*\n`,
  item: (text) => `• ${text}\n`,
  link: (text, url) => `<${url.replace(/[<>|]/g, encodeURIComponent)}|${text}>`,
  table: (head, rows) =>
    rows.map((row) => `• ${row.map((cell, i) => `${head[i] ?? ''} ${cell}`).join(' · ')}\n`).join(''),
};
