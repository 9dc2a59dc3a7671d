/** Serves the built dashboard; every page address gives its one HTML file. */
import { readFile, stat } from 'node:fs/promises';
import { extname, join, normalize, resolve, sep } from 'node:path';
import type { Handler } from 'hono';
import { UpkeepError } from '../core/verb.ts';
import { withNonce } from './headers.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

export function dashboard(web: string): Handler {
  const folder = resolve(web);
  return async (c) => {
    const path = normalize(decoded(c.req.path)).replace(/^(\.\.(\/|$))+/, '');
    const wanted = join(folder, path);
    const file = wanted.startsWith(`${folder}${sep}`) && (await isFile(wanted)) ? wanted : null;
    // A target may be called web.local, so an ending alone does not make an address a file.
    if (file === null && path.startsWith('/assets/')) return c.text('not found\n', 404);
    const served = file ?? join(folder, 'index.html');
    if (!(await isFile(served))) {
      return c.text('The dashboard is not built yet. Run: npm run build:web\n', 503);
    }
    const isHashed = /\/assets\//.test(served);
    const isPage = extname(served) === '.html';
    const body = isPage ? withNonce(c, await readFile(served, 'utf8')) : await readFile(served);
    return c.body(body, 200, {
      'content-type': types[extname(served)] ?? 'application/octet-stream',
      'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
  };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new UpkeepError('bad-input', 'the address has a % that stands for nothing');
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
