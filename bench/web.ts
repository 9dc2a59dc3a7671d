/** HTTP servers to be watched. A path is told to fail and to recover; when its answers left is kept. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo, createServer as createTcpServer } from 'node:net';

export interface Web {
  readonly port: number;
  fail(path: string): void;
  recover(path: string): void;
  /** Called with the time (performance.now) at which a failing answer was handed to the system. */
  onFailed: (path: string, at: number) => void;
  close(): Promise<void>;
}

/** Answers how many other requests came so far. */
const countPath = '/-/count';

export async function requestsAt(port: number): Promise<number> {
  return Number(await (await fetch(`http://127.0.0.1:${port}${countPath}`)).text());
}

/** Paths that fail answer 503, all others 200 with a few bytes. */
export async function startWeb(): Promise<Web> {
  const failing = new Set<string>();
  let count = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    if (path === countPath) {
      response.end(String(count));
      return;
    }
    count++;
    if (!failing.has(path)) {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('all is well\n');
      return;
    }
    response.writeHead(503, { 'content-type': 'text/plain' }).end('out of order\n');
    web.onFailed(path, performance.now());
  });
  const web: Web = {
    port: await listen(server),
    fail: (path) => void failing.add(path),
    recover: (path) => void failing.delete(path),
    onFailed: () => {},
    close: () => closeServer(server),
  };
  return web;
}

export interface Receiver<T> {
  readonly url: string;
  readonly messages: { readonly at: number; readonly body: T }[];
  onMessage: (body: T, at: number) => void;
  close(): Promise<void>;
}

/** Takes webhooks; `at` is when the head of the request came (performance.now), before its body was read. */
export async function startReceiver<T>(): Promise<Receiver<T>> {
  const server = createServer((request, response) => {
    const at = performance.now();
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      response.end();
      // A sender that stops in the middle leaves half a body; it sends the whole again.
      if (!request.complete || parts.length === 0) return;
      const body = JSON.parse(Buffer.concat(parts).toString('utf8')) as T;
      receiver.messages.push({ at, body });
      receiver.onMessage(body, at);
    });
  });
  const port = await listen(server);
  const receiver: Receiver<T> = {
    url: `http://127.0.0.1:${port}/hook`,
    messages: [],
    onMessage: () => {},
    close: () => closeServer(server),
  };
  return receiver;
}

export function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () =>
      resolve((server.address() as AddressInfo).port),
    );
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
