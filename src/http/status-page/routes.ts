/**
 * The status page at /status: from memory, without a session, a question to the store or a write, and no more often
 * than its own limit lets through, so that a crowd that looks at it never keeps the API waiting. Under a secret
 * address it is at /status/<secret>.
 */
import { gzipSync } from 'node:zlib';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Clock } from '../../core/time.ts';
import { UpkeepError } from '../../core/verb.ts';
import { sha256 } from '../../id.ts';
import type { Files } from '../../practices/status-page/files.ts';
import type { Rendered, StatusPage } from '../../practices/status-page/index.ts';
import { addressOf } from '../address.ts';
import { createRate } from '../receivers/rate.ts';
import { answerOf, type Said } from './answers.ts';

type App = { Bindings: HttpBindings };
type Ctx = Context<App>;

/** Bursts of a crowd; a page is a few requests, and caches keep it half a minute. */
const crowd = { burst: 300, everyMs: 5 };
/** Of one address. */
const visitor = { burst: 10, everyMs: 60_000 };
const largestForm = 2 * 1024;
const isLook = /^(style|custom|logo|mark)-[0-9a-f]{10}\.\w+$/;

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  json: 'application/json; charset=utf-8',
  atom: 'application/atom+xml; charset=utf-8',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
};

export interface StatusPageDoor {
  readonly clock: Clock;
  readonly page: Pick<StatusPage, 'current' | 'mayOpen' | 'subscribe' | 'confirm' | 'unsubscribe'>;
  /** Where a proxy offers us; null where there is none. */
  readonly publicUrl: () => string | null;
}

export function statusPageRoutes(door: StatusPageDoor): Hono<App> {
  const routes = new Hono<App>();
  const inCrowd = createRate(door.clock, crowd);
  const asVisitor = createRate(door.clock, visitor);
  const shrunk = createShrunk();

  routes.use('/status/*', async (c, next) => {
    try {
      inCrowd('');
    } catch {
      // Said as cheaply as it can be: it is said to a flood.
      return c.text('Many read this page at this moment; try again.\n', 429, { 'retry-after': '1' });
    }
    return next();
  });
  routes.get('/status', (c, next) =>
    door.page.current()?.settings.access === 'public' ? c.redirect('/status/', 302) : next(),
  );

  routes.get('/status/confirm/:secret', (c) => say(c, 'confirm'));
  routes.post('/status/confirm/:secret', async (c) => {
    asVisitor(addressOf(c, door.publicUrl() !== null));
    return say(c, (await door.page.confirm(c.req.param('secret'))) ? 'confirmed' : 'stale');
  });
  routes.get('/status/unsubscribe/:token', (c) => say(c, 'unsubscribe'));
  // The body says `List-Unsubscribe=One-Click` or comes from our own button; the address alone is what counts.
  routes.post('/status/unsubscribe/:token', bodyLimit({ maxSize: largestForm }), async (c) =>
    say(c, (await door.page.unsubscribe(c.req.param('token'))) ? 'unsubscribed' : 'stale'),
  );
  routes.post('/status/subscribe', bodyLimit({ maxSize: largestForm }), async (c, next) =>
    door.page.current()?.settings.access === 'public' ? subscribe(c) : next(),
  );
  routes.post('/status/:secret/subscribe', bodyLimit({ maxSize: largestForm }), async (c, next) =>
    (await isOpenTo(c)) ? subscribe(c) : next(),
  );

  routes.get('/status/*', async (c, next) => {
    const rendered = door.page.current();
    if (!rendered) return next();
    const path = c.req.path.slice('/status/'.length);
    if (rendered.settings.access === 'public') return file(c, rendered.files, path);
    // How it looks is no secret, and the pages of mails need it.
    if (rendered.settings.access === 'link' && isLook.test(path)) return file(c, rendered.files, path);
    const [secret = '', ...rest] = path.split('/');
    if (rendered.settings.access !== 'link') return next();
    if (!/^[\w-]{43}$/.test(secret) || !(await door.page.mayOpen(secret)))
      throw new UpkeepError('not-found', 'there is no page under this address');
    return rest.length === 0
      ? c.redirect(`/status/${secret}/`, 302)
      : file(c, rendered.files, rest.join('/'));
  });

  async function isOpenTo(c: Ctx): Promise<boolean> {
    const access = door.page.current()?.settings.access;
    return access === 'link' && (await door.page.mayOpen(c.req.param('secret') ?? ''));
  }

  async function subscribe(c: Ctx) {
    asVisitor(addressOf(c, door.publicUrl() !== null));
    const { address } = await c.req.parseBody();
    // Not waited for: how long it takes would tell whether the address is known.
    const isAddress = typeof address === 'string' && door.page.subscribe(address);
    return say(c, isAddress ? 'asked' : 'no-address');
  }

  async function say(c: Ctx, said: Said) {
    const rendered = door.page.current();
    protect(c, rendered);
    if (!rendered || rendered.settings.subscriptions === null)
      throw new UpkeepError('not-found', `there is no ${c.req.path}`);
    c.header('cache-control', 'no-store');
    return c.html(await answerOf(rendered, said), said === 'no-address' ? 400 : said === 'stale' ? 410 : 200);
  }

  function file(c: Ctx, files: Files, path: string) {
    protect(c, door.page.current());
    const name = path === '' || path.endsWith('/') ? `${path}index.html` : path;
    const content = files.get(name);
    if (!content) throw new UpkeepError('not-found', `there is no ${c.req.path}`);
    const ending = name.split('.').at(-1) ?? '';
    const { etag, zipped } = shrunk(content, !['png', 'jpg', 'jpeg', 'webp', 'gif'].includes(ending));
    // Names of style and logo change with their content.
    const isFixed = isLook.test(name);
    c.header('cache-control', isFixed ? 'public, max-age=604800, immutable' : 'public, max-age=30');
    c.header('etag', etag);
    c.header('vary', 'accept-encoding');
    c.header('content-type', types[ending] ?? 'application/octet-stream');
    // Programs of other sites read it as they read any status page.
    if (name.startsWith('api/')) c.header('access-control-allow-origin', '*');
    if (c.req.header('if-none-match')?.includes(etag)) return c.body(null, 304);
    if (zipped === null || !/\bgzip\b/.test(c.req.header('accept-encoding') ?? ''))
      return c.body(new Uint8Array(content));
    c.header('content-encoding', 'gzip');
    return c.body(new Uint8Array(zipped));
  }

  return routes;
}

/** Strict: what is not a file of the page is not loaded, whatever stands in a text. */
function protect(c: Context, rendered: Rendered | null): void {
  const isLogo = /\/status\/(.*\/)?((logo|mark)-[^/]*|badge[^/]*|badge\/[^/]*|icon)\.svg$/.test(c.req.path);
  const form = rendered?.settings.subscriptions == null ? "'none'" : "'self'";
  c.header(
    'content-security-policy',
    isLogo
      ? "default-src 'none'; style-src 'unsafe-inline'; sandbox"
      : `default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action ${form}`,
  );
  c.header('x-content-type-options', 'nosniff');
  c.header('x-frame-options', 'DENY');
  c.header('referrer-policy', 'no-referrer');
  c.header('server', 'Upkeep');
}

/** Compressed once for each writing, and named by its content. */
function createShrunk() {
  const kept = new WeakMap<Buffer, { etag: string; zipped: Buffer | null }>();
  return (content: Buffer, isText: boolean) => {
    const known = kept.get(content);
    if (known) return known;
    const made = {
      etag: `"${sha256(content.toString('base64')).slice(0, 20)}"`,
      zipped: isText ? gzipSync(content, { level: 5 }) : null,
    };
    kept.set(content, made);
    return made;
  };
}
