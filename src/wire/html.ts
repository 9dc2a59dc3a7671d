/** HTML of reports and notices for mail and chats that take it; what is not ours is escaped everywhere. */
import type { Markup } from './markdown.ts';

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

export const htmlMarkup: Markup = {
  escape: escapeHtml,
  strong: (text) => `<strong>${text}</strong>`,
  emphasis: (text) => `<em>${text}</em>`,
  code: (text) => `<code>${escapeHtml(text)}</code>`,
  heading: (text, depth) => `<h${Math.min(depth + 1, 4)}>${text}</h${Math.min(depth + 1, 4)}>\n`,
  paragraph: (text) => `<p>${text}</p>\n`,
  item: (text) => `<li>${text}</li>`,
  list: (items) => `<ul>${items}</ul>\n`,
  link: (text, url) => `<a href="${escapeHtml(url)}">${text}</a>`,
  rule: '<hr>\n',
  table: (head, rows) =>
    `<table class="data"><thead><tr>${head.map((cell) => `<th>${cell}</th>`).join('')}</tr></thead><tbody>${rows
      .map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`)
      .join('')}</tbody></table>\n`,
  block: (text) => `<pre>${escapeHtml(text)}</pre>\n`,
};
