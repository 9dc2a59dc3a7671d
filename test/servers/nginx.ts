/** A real nginx: a proxy before one server, or, without one, a page of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { type Binary, required } from './installed.ts';
import { removeFolder, startServer, temporaryFolder } from './process.ts';

export const nginxServer: Binary = { name: 'nginx', apt: 'nginx' };

export interface NginxOptions {
  /** `127.0.0.1:3000`; answers `ok` itself where left out. */
  readonly backend?: string;
  readonly serverTimeoutMs?: number;
  /** Lines outside of all blocks. */
  readonly global?: readonly string[];
  /** Lines of the block http. */
  readonly http?: readonly string[];
  /** Lines of the block server; of a page of its own where no `location /` is among them. */
  readonly server?: readonly string[];
  readonly workerConnections?: number;
  readonly port?: number;
}

export interface NginxServer {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  /** nginx.conf */
  readonly file: string;
  readonly pid: number;
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export async function startNginx(options: NginxOptions = {}): Promise<NginxServer> {
  const command = required(nginxServer);
  const folder = temporaryFolder('nginx');
  const port = options.port ?? (await freePort());
  const file = join(folder, 'nginx.conf');
  mkdirSync(join(folder, 'temp'));
  const location =
    options.backend === undefined
      ? 'return 200 "ok\\n";'
      : `proxy_pass http://${options.backend}; proxy_connect_timeout 1s; proxy_read_timeout ${options.serverTimeoutMs ?? 5_000}ms;`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    file,
    [
      'daemon off; worker_processes 1; error_log stderr notice;',
      ...(options.global ?? []),
      ...(process.getuid?.() === 0 ? ['user root;'] : []),
      `pid ${join(folder, 'nginx.pid')};`,
      `events { worker_connections ${options.workerConnections ?? 2048}; }`,
      'http {',
      ...(options.http?.some((line) => line.startsWith('access_log')) ? [] : ['  access_log off;']),
      ...(options.http ?? []).map((line) => `  ${line}`),
      ...temporary.map((name) => `  ${name}_temp_path ${join(folder, 'temp', name)};`),
      '  server {',
      `    listen 127.0.0.1:${port};`,
      ...(options.server ?? []).map((line) => `    ${line}`),
      ...(options.server?.some((line) => line.startsWith('location / '))
        ? []
        : [`    location / { ${location} }`]),
      '  }',
      '}',
      '',
    ].join('\n'),
  );
  const args = ['-p', folder, '-c', file, '-e', 'stderr'];
  const server = await startServer({ command, args, folder, ready: /start worker process \d+/ });
  return {
    ...server,
    port,
    folder,
    file,
    url: `http://127.0.0.1:${port}`,
    async stop(signal = 'SIGQUIT') {
      await server.stop(signal);
      removeFolder(folder);
    },
  };
}
