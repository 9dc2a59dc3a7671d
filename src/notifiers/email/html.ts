import type { Message } from '../../core/message.ts';
import { capped, plain } from '../../core/plain.ts';
import { escapeHtml, htmlMarkup } from '../../wire/html.ts';
import { renderMarkdown } from '../../wire/markdown.ts';
import type { Choice, Story } from '../../wire/story.ts';
import { font, sheet, tones } from './style.ts';

/** No picture and no address but our own: nothing is fetched when it is opened. Gmail cuts at 102 KB. */
export function htmlOf(message: Message, story: Story): string {
  const tone = tones[story.tone];
  const [word, ...rest] = story.headline.split(' · ');
  const time = rest.length > 1 ? (rest.at(-1) ?? '') : '';
  const status = [word, ...rest.slice(0, -2)].join(' · ');
  const preview = story.lines.map(({ text }) => text).join(' · ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(story.headline)}</title>
<style>${sheet(story.tone)}</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f1f3f5;">
<div style="display:none;max-height:0;overflow:hidden;">${escapeHtml(capped(preview, 140))}</div>
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" style="background:#f1f3f5;">
<tr><td align="center" style="padding:28px 0;">
<table role="presentation" class="card" width="600" cellpadding="0" cellspacing="0" style="width:600px;max-width:100%;background:#ffffff;border:1px solid #dee2e6;border-radius:12px;border-collapse:separate;overflow:hidden;">
<tr><td style="height:6px;line-height:6px;font-size:0;background:${tone.strong};">&nbsp;</td></tr>
<tr><td class="pad" style="padding:26px 36px 0;${font}">
<span class="pill" style="display:inline-block;padding:4px 12px;border-radius:999px;background:${tone.soft};color:${tone.text};font-size:13px;font-weight:700;">${escapeHtml(status)}</span>
<h1 class="ink" style="margin:14px 0 4px;font-size:22px;line-height:1.3;font-weight:700;color:#16191d;">${escapeHtml(story.subject)}</h1>
<p class="dim" style="margin:0;font-size:14px;line-height:1.5;color:#5c6670;">${escapeHtml([time, plain(message.source, 80)].filter((one) => one !== '').join(' · '))}</p>
</td></tr>
${linesHtml(story)}${markdownHtml(story)}${buttonsHtml(message, story)}
<tr><td class="pad line" style="padding:16px 36px 20px;border-top:1px solid #e9ecef;${font}">
<p class="dim" style="margin:0;font-size:12px;line-height:1.5;color:#5c6670;">${isForPublic(message) ? ending(message) : escapeHtml(footer(story))}</p>
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`;
}

function linesHtml({ lines }: Story): string {
  if (lines.length === 0) return '';
  const rows = lines.map(
    ({ label, text }, index) => `<tr>
<td class="label line" valign="top" width="92" style="width:92px;padding:9px 0;font-size:13px;line-height:1.5;color:#5c6670;${index > 0 ? 'border-top:1px solid #e9ecef;' : ''}">${escapeHtml(label)}</td>
<td class="value ink line" valign="top" style="padding:9px 0 9px 12px;font-size:14px;line-height:1.5;color:#16191d;word-break:break-word;${index > 0 ? 'border-top:1px solid #e9ecef;' : ''}">${escapeHtml(text)}</td>
</tr>`,
  );
  return `<tr><td class="pad" style="padding:18px 36px 0;${font}"><table role="presentation" width="100%" cellpadding="0" cellspacing="0">${rows.join('\n')}</table></td></tr>\n`;
}

function markdownHtml({ markdown }: Story): string {
  if (markdown === null) return '';
  const html = renderMarkdown(capped(markdown, 60_000), htmlMarkup);
  return `<tr><td class="pad body ink" style="padding:18px 36px 0;font-size:14px;line-height:1.55;color:#16191d;${font}">${html}</td></tr>\n`;
}

function buttonsHtml(message: Message, story: Story): string {
  const [first, ...others] = story.choices.filter((choice) => choice.url !== null);
  const cells: string[] = [];
  if (first) cells.push(filled(first, tones[first.purpose === 'approve' ? 'low' : story.tone].strong));
  cells.push(...others.map(({ label, url }) => outlined(label, url ?? '')));
  if (/^https?:/.test(message.url))
    cells.push(outlined(isForPublic(message) ? 'Open the page' : 'Open in Upkeep', message.url));
  if (cells.length === 0) return '';
  return `<tr><td class="pad" style="padding:22px 36px 28px;${font}">${cells.join('\n')}</td></tr>`;
}

const shape =
  'display:inline-block;margin:0 8px 8px 0;padding:11px 20px;border-radius:8px;font-size:14px;font-weight:600;line-height:1.2;text-decoration:none;';

function filled({ label, url }: Choice, colour: string): string {
  return `<a href="${escapeHtml(url ?? '')}" style="${shape}background:${colour};border:1px solid ${colour};color:#ffffff;">${escapeHtml(label)}</a>`;
}

function outlined(label: string, url: string): string {
  return `<a class="plain-button" href="${escapeHtml(url)}" style="${shape}background:#ffffff;border:1px solid #ced4da;color:#343a40;">${escapeHtml(label)}</a>`;
}

function footer(story: Story): string {
  const acts = story.choices.some((choice) => choice.url !== null)
    ? ' The buttons act in your name after one more click; do not pass them on.'
    : '';
  return `Sent by Upkeep.${acts}`;
}

function isForPublic({ event }: Message): boolean {
  return event === 'status.published';
}

function ending({ unsubscribe, source }: Message): string {
  const sent = `Sent by ${escapeHtml(plain(source, 80))}.`;
  return unsubscribe === undefined ? sent : `${sent} <a href="${escapeHtml(unsubscribe)}">No more mails</a>`;
}
