/** Answers to HTTP-01 challenges (RFC 8555, 8.3): a file in the web server's folder, or a listener of our own. */
import { access, constants, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join, resolve } from 'node:path';

/** Lets a challenge be answered; what it resolves to takes the answer away again. */
export type Prove = (token: string, answer: string) => Promise<() => Promise<void>>;

const place = '.well-known/acme-challenge';
/** base64url alone, so that no authority can name another file. */
const tokenForm = /^[A-Za-z0-9_-]{1,200}$/;

/** Why the folder cannot take challenges; undefined where it can. */
export async function webrootTrouble(webroot: string): Promise<string | undefined> {
  try {
    await access(webroot, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return `acme.webroot: ${webroot} cannot be written (${code})`;
  }
}

export function proveByFile(webroot: string): Prove {
  return async (token, answer) => {
    demandToken(token);
    const folder = resolve(webroot, place);
    await mkdir(folder, { recursive: true });
    const file = join(folder, token);
    await writeFile(file, answer, { mode: 0o644 });
    return () => rm(file, { force: true });
  };
}

export function proveByListener(port: number): Prove {
  return async (token, answer) => {
    demandToken(token);
    const server = createServer((request, response) => {
      const isAsked = request.method === 'GET' && request.url === `/${place}/${token}`;
      response.writeHead(isAsked ? 200 : 404, { 'content-type': 'text/plain', connection: 'close' });
      response.end(isAsked ? answer : '');
    });
    await listening(server, port);
    return () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const code = 'code' in error ? String(error.code) : error.message;
      reject(
        new Error(
          code === 'EADDRINUSE'
            ? `port ${port} is taken: set acme.webroot to a folder that the server there serves`
            : `the challenge cannot be answered on port ${port} (${code}); ports below 1024 need CAP_NET_BIND_SERVICE`,
        ),
      );
    });
    server.listen(port, () => resolve());
  });
}

function demandToken(token: string): void {
  if (!tokenForm.test(token)) throw new Error('the authority sent a challenge with a malformed token');
}
