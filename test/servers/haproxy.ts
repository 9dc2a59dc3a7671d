/** A real HAProxy before one or several servers. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { type Binary, required } from './installed.ts';
import { removeFolder, startServer, temporaryFolder } from './process.ts';

export const haproxyServer: Binary = { name: 'haproxy', apt: 'haproxy' };

export interface HaproxyOptions {
  /** `127.0.0.1:3000` */
  readonly backends: readonly string[];
  /** Path of the health check; servers are not checked where it is left out. */
  readonly checkPath?: string;
  readonly checkEveryMs?: number;
  /** How long a server may take to answer. */
  readonly serverTimeoutMs?: number;
  readonly port?: number;
}

export interface HaproxyServer {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly pid: number;
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export async function startHaproxy(options: HaproxyOptions): Promise<HaproxyServer> {
  const command = required(haproxyServer);
  const folder = temporaryFolder('haproxy');
  const port = options.port ?? (await freePort());
  const file = join(folder, 'haproxy.cfg');
  const every = options.checkEveryMs ?? 200;
  const check = options.checkPath === undefined ? '' : ` check inter ${every}ms fall 2 rise 1`;
  writeFileSync(
    file,
    [
      'global',
      '  log stdout format raw local0',
      'defaults',
      '  mode http',
      '  log global',
      '  timeout connect 1s',
      '  timeout client 30s',
      `  timeout server ${options.serverTimeoutMs ?? 5_000}ms`,
      ...(options.checkPath === undefined ? [] : ['  timeout check 500ms']),
      'frontend web',
      `  bind 127.0.0.1:${port}`,
      '  default_backend app',
      'backend app',
      '  retries 0',
      ...(options.checkPath === undefined ? [] : [`  option httpchk GET ${options.checkPath}`]),
      ...options.backends.map((address, at) => `  server app${at + 1} ${address}${check}`),
      '',
    ].join('\n'),
  );
  const server = await startServer({
    command,
    args: ['-W', '-db', '-f', file],
    folder,
    ready: /Loading success|forked/,
  });
  return {
    ...server,
    port,
    folder,
    url: `http://127.0.0.1:${port}`,
    async stop(signal) {
      await server.stop(signal);
      removeFolder(folder);
    },
  };
}
