/** Incidents and maintenance as an Atom feed (RFC 4287). */
import { html } from 'hono/html';
import { timestamp } from '../../clock.ts';
import type { PublicPage } from '../../core/status-page.ts';
import { sha256 } from '../../id.ts';
import { escapeHtml, htmlMarkup } from '../../wire/html.ts';
import { renderMarkdown } from '../../wire/markdown.ts';
import { moment, monthOf } from './moments.ts';
import { maintenanceWords, updateWords } from './words.ts';

const mostEntries = 50;

interface Entry {
  readonly id: string;
  readonly title: string;
  readonly published: number;
  readonly updated: number;
  /** HTML. */
  readonly content: string;
  /** From the folder of index.html. */
  readonly path: string;
}

/** @param url where the page is, without a slash at the end */
export async function atomFeed(page: PublicPage, url: string): Promise<string> {
  const entries = entriesOf(page)
    .sort((a, b) => b.updated - a.updated)
    .slice(0, mostEntries);
  // The feed as such was changed when something was told, not when it was written.
  const updated = entries[0]?.updated ?? 0;
  const text = await html`<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<id>${uuidOf(`feed ${page.title}`)}</id>
<title>${page.title}</title>
<updated>${timestamp(updated)}</updated>
<author><name>${page.title}</name></author>
<link rel="self" type="application/atom+xml" href="${url}/feed.atom"/>
<link rel="alternate" type="text/html" href="${url}/"/>
<generator>Upkeep</generator>
${entries.map(
  (entry) => html`<entry>
<id>${uuidOf(entry.id)}</id>
<title>${entry.title}</title>
<published>${timestamp(entry.published)}</published>
<updated>${timestamp(entry.updated)}</updated>
<link rel="alternate" type="text/html" href="${url}/${entry.path}"/>
<content type="html">${entry.content}</content>
</entry>
`,
)}</feed>
`;
  return `${text}`;
}

function entriesOf({ incidents, maintenance, timezone, writtenAt }: PublicPage): Entry[] {
  return [
    ...incidents.map((incident) => ({
      id: `incident ${incident.id}`,
      title: `${updateWords[incident.status]}: ${incident.title}`,
      published: incident.openedAt,
      updated: incident.updates[0]?.at ?? incident.openedAt,
      content: incident.updates
        .map(
          ({ at, status, text }) =>
            `<p><strong>${updateWords[status]}</strong>, ${escapeHtml(moment(at, timezone))}</p>${renderMarkdown(text, htmlMarkup)}`,
        )
        .join('\n'),
      path: `history/${monthOf(incident.openedAt, timezone)}.html#i-${incident.id}`,
    })),
    ...maintenance.map((one) => ({
      id: `maintenance ${one.id}`,
      title: `${maintenanceWords[one.status]}: ${one.title}`,
      published: Math.min(one.noticeAt, one.startsAt, writtenAt),
      updated:
        one.status === 'ended'
          ? one.endsAt
          : one.status === 'running'
            ? one.startsAt
            : Math.min(one.noticeAt, writtenAt),
      content: `<p>${escapeHtml(`${moment(one.startsAt, timezone)} to ${moment(one.endsAt, timezone)}`)}</p>${renderMarkdown(one.text, htmlMarkup)}`,
      path:
        one.status === 'ended'
          ? `history/${monthOf(one.startsAt, timezone)}.html#m-${one.id}`
          : `#m-${one.id}`,
    })),
  ];
}

/** RFC 9562, 5.8: a UUID of our own making, the same for the same thing. */
function uuidOf(text: string): string {
  const hex = sha256(`upkeep status page ${text}`);
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(18, 20)}-${hex.slice(20, 32)}`;
}
