/** Whether a request with a cookie comes from our own pages. Another port of this host is the same site to a cookie. */
import type { Context } from 'hono';
import { UpkeepError } from '../core/verb.ts';

type Where = { readonly publicUrl: () => string | null };

/**
 * For requests that change something: a form on another site can send our cookie but not the header X-Upkeep.
 * @throws UpkeepError not-allowed
 */
export function requireOwnPage(c: Context, where: Where): void {
  requireOwnSite(c, where);
  if (c.req.header('x-upkeep') !== '1')
    throw new UpkeepError(
      'not-allowed',
      'send the header X-Upkeep: 1 with requests that change something by a cookie, or an API token (Authorization: Bearer), which needs no such header',
    );
}

/**
 * By what browsers say of themselves and no page can forge: Sec-Fetch-Site (W3C Fetch Metadata) and Origin.
 * @throws UpkeepError not-allowed
 */
export function requireOwnSite(c: Context, { publicUrl }: Where): void {
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  const isOwn =
    (site === undefined || site === 'same-origin' || site === 'none') && isOurs(origin, c, publicUrl());
  if (!isOwn)
    throw new UpkeepError(
      'not-allowed',
      'this comes from a page of another site; behind a proxy, set publicUrl in upkeep.yaml',
    );
}

function isOurs(origin: string | undefined, c: Context, publicUrl: string | null): boolean {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  if (publicUrl !== null && origin === new URL(publicUrl).origin) return true;
  return new URL(origin).host === (c.req.header('host') ?? '').toLowerCase();
}
