/** The whole page as files: complete by themselves, so that any web server or bucket can give them out. */
import type { PublicPage } from '../../core/status-page.ts';
import { sha256 } from '../../id.ts';
import { badge, icon } from './badge.ts';
import { atomFeed } from './feed.ts';
import { historyPage, monthsOf } from './history-page.ts';
import type { Frame } from './layout.ts';
import { overviewPage } from './overview-page.ts';
import { styleSheet } from './style.ts';
import { incidentsJson, statusJson, summaryJson } from './summary.ts';

/** By path from the folder, in the order of writing: what others refer to comes first, the first page last. */
export type Files = ReadonlyMap<string, Buffer>;

export interface Branding {
  readonly logo: { readonly ending: string; readonly content: Buffer } | null;
  readonly css: Buffer | null;
}

/** Names of the files that pages refer to; their content is part of the name, so that an old page keeps its own. */
export function frameOf(
  settings: Frame['settings'],
  branding: Branding,
  subscribe: string | null,
): { readonly frame: Frame; readonly assets: Files } {
  const assets = new Map<string, Buffer>();
  const put = (name: string, ending: string, content: Buffer) => {
    const file = `${name}-${sha256(content.toString('base64')).slice(0, 10)}.${ending}`;
    assets.set(file, content);
    return file;
  };
  const style = put('style', 'css', Buffer.from(styleSheet(settings.branding.accent)));
  const mark = put('mark', 'svg', Buffer.from(icon('unknown')));
  const custom = branding.css && put('custom', 'css', branding.css);
  const logo = branding.logo && put('logo', branding.logo.ending, branding.logo.content);
  return { frame: { settings, style, mark, custom, logo, subscribe }, assets };
}

/**
 * @param url where the page is read; without a slash at the end
 * @param breathe lets checks and requests have their turn between two files
 */
export async function composeFiles(
  page: PublicPage,
  { frame, assets }: ReturnType<typeof frameOf>,
  url: string,
  breathe: () => Promise<void> = async () => {},
): Promise<Files> {
  const files = new Map<string, Buffer>(assets);
  const put = (path: string, text: string) => files.set(path, Buffer.from(text));
  put('icon.svg', icon(page.overall));
  put('badge.svg', badge(page.title, page.overall));
  for (const { id, name, state } of page.components) put(`badge/${id}.svg`, badge(name, state));
  await breathe();
  put('feed.atom', await atomFeed(page, url));
  await breathe();
  put('api/v2/summary.json', json(summaryJson(page, url)));
  put('api/v2/status.json', json(statusJson(page, url)));
  put('api/v2/incidents.json', json(incidentsJson(page, url)));
  const months = monthsOf(page);
  for (const month of months) {
    await breathe();
    put(`history/${month}.html`, await historyPage(page, frame, month, months));
  }
  put('history/index.html', await historyPage(page, frame, months[0] ?? '', months));
  await breathe();
  put('index.html', await overviewPage(page, frame));
  return files;
}

/** Without a `<`, so that no server or reader takes it for HTML. */
function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2).replaceAll('<', '\\u003c')}\n`;
}
