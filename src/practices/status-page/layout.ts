/** The frame of every page: complete without script, nothing fetched from elsewhere, all text escaped. */
import { html, raw } from 'hono/html';
import { timestamp } from '../../clock.ts';
import type { PublicPage, StatusPageSettings } from '../../core/status-page.ts';
import { escapeHtml, htmlMarkup } from '../../wire/html.ts';
import { renderMarkdown } from '../../wire/markdown.ts';
import { moment } from './moments.ts';

export interface Frame {
  readonly settings: StatusPageSettings;
  /** Names of files beside index.html. */
  readonly style: string;
  /** The icon of pages that tell nothing of the state. */
  readonly mark: string;
  readonly custom: string | null;
  readonly logo: string | null;
  /** Where the form of subscribers goes; null where there is none. */
  readonly subscribe: string | null;
}

type Html = ReturnType<typeof html>;

export interface Document {
  readonly heading: string | null;
  /** From this page to index.html's folder: `` or `../`. */
  readonly root: string;
  readonly body: Html | readonly Html[];
  readonly page: Pick<PublicPage, 'writtenAt' | 'staleAfter' | 'timezone'> | null;
  /** Without a way to the other pages: whoever follows the link of a mail may not be one who may read them. */
  readonly isAlone?: boolean;
}

export async function documentOf(
  frame: Frame,
  { heading, root, body, page, isAlone = false }: Document,
): Promise<string> {
  const { settings } = frame;
  const title = heading === null ? settings.title : `${heading} · ${settings.title}`;
  const text = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="${policyOf(frame.subscribe)}">
${settings.access === 'public' ? '' : html`<meta name="robots" content="noindex">`}
${
  page === null
    ? ''
    : html`<meta name="upkeep-written-at" content="${timestamp(page.writtenAt)}">
<meta name="upkeep-stale-after" content="${timestamp(page.staleAfter)}">`
}
<title>${title}</title>
<link rel="stylesheet" href="${root}${frame.style}">
${frame.custom === null ? '' : html`<link rel="stylesheet" href="${root}${frame.custom}">`}
${
  isAlone
    ? html`<link rel="icon" type="image/svg+xml" href="${root}${frame.mark}">`
    : html`<link rel="icon" type="image/svg+xml" href="${root}icon.svg">
<link rel="alternate" type="application/atom+xml" title="${settings.title}" href="${root}feed.atom">`
}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
${isAlone ? html`<span class="brand">${brand(frame, root)}</span>` : html`<a class="brand" href="${root}index.html">${brand(frame, root)}</a>${navigation(frame, root)}`}
</header>
<main id="main" tabindex="-1">
${body}
</main>
<footer class="bottom">
${page === null ? '' : written(page)}
<p class="links">${settings.branding.footer.map(({ text: name, url }) => html`<a href="${url}">${name}</a>`)}${
    isAlone ? '' : html`<a href="${root}api/v2/summary.json">JSON</a><a href="${root}badge.svg">Badge</a>`
  }</p>
</footer>
</body>
</html>
`;
  return `${text}`.replace(/\n{2,}/g, '\n');
}

function brand({ logo, settings }: Frame, root: string) {
  const picture = logo === null ? '' : html`<img src="${root}${logo}" alt="" height="36">`;
  return html`${picture}<span>${settings.title}</span>`;
}

function navigation({ subscribe }: Frame, root: string) {
  const button =
    subscribe === null ? '' : html`<a class="button" href="${root}index.html#subscribe">Subscribe</a>`;
  return html`<nav aria-label="This page"><a href="${root}history/index.html">History</a><a href="${root}feed.atom">Feed</a>${button}</nav>`;
}

function written({
  writtenAt,
  staleAfter,
  timezone,
}: Pick<PublicPage, 'writtenAt' | 'staleAfter' | 'timezone'>) {
  return html`<p>Last updated <strong>${time(writtenAt, timezone)}</strong>. This page is written anew every minute; after
${time(staleAfter, timezone)} take what it says as out of date. Times are those of ${timezone.replaceAll('_', ' ')}.</p>`;
}

export function time(at: number, timezone: string): Html {
  return html`<time datetime="${timestamp(at)}">${moment(at, timezone)}</time>`;
}

/** What people wrote, without HTML of their own and without pictures. */
export function markdown(text: string): Html {
  const link = (name: string, url: string) =>
    `<a href="${escapeHtml(url)}" rel="nofollow noopener noreferrer">${name}</a>`;
  return html`${raw(renderMarkdown(text, { ...htmlMarkup, link }))}`;
}

/** Also for files that another server gives out; `style-src 'self'` leaves no inline style. */
function policyOf(subscribe: string | null): string {
  const elsewhere = subscribe !== null && URL.canParse(subscribe) ? ` ${new URL(subscribe).origin}` : '';
  return `default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action ${subscribe === null ? "'none'" : `'self'${elsewhere}`}`;
}
