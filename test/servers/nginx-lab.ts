/** nginx before small HTTP servers, with logs in files, and the target that watches it. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { nginx } from '../../src/systems/nginx/index.ts';
import { type TriedTarget, tryTarget } from '../try-target.ts';
import { type NginxOptions, type NginxServer, startNginx } from './nginx.ts';
import { removeFolder, temporaryFolder } from './process.ts';

/** What the readme advises. */
export const adviceFormat =
  '\'$remote_addr [$time_local] "$request" $status $body_bytes_sent $request_time "$upstream_addr" "$upstream_status" "$upstream_response_time"\'';

export interface NginxLab {
  readonly server: NginxServer;
  readonly target: TriedTarget;
  /** Folder of the logs, and of the copies in `keep`. */
  readonly logs: string;
  load(count: number): Promise<number[]>;
  stop(): Promise<void>;
}

export async function openNginx(
  backends: readonly string[],
  options: NginxOptions = {},
  settings: (server: NginxServer) => Readonly<Record<string, unknown>> = () => ({}),
): Promise<NginxLab> {
  const logs = temporaryFolder('nginx-logs');
  chmodSync(logs, 0o755);
  const server = await startNginx({
    ...options,
    global: [`error_log ${logs}/error.log warn;`, ...(options.global ?? [])],
    http: [
      `log_format upkeep ${adviceFormat};`,
      `access_log ${logs}/access.log upkeep;`,
      `upstream app { ${backends.map((one) => `server ${one} max_fails=0;`).join(' ')} }`,
    ],
    server: [
      'location = /nginx_status { stub_status; access_log off; }',
      'location / { proxy_pass http://app; proxy_next_upstream off; proxy_read_timeout 300ms; }',
    ],
  });
  const target = tryTarget(nginx, {
    url: `${server.url}/nginx_status`,
    config: server.file,
    keep: join(logs, 'keep'),
    ...settings(server),
  });
  return {
    ...{ server, target, logs },
    async load(count) {
      const statuses: number[] = [];
      for (let sent = 0; sent < count; sent++) {
        const response = await fetch(server.url);
        await response.arrayBuffer();
        statuses.push(response.status);
      }
      return statuses;
    },
    async stop() {
      await target.bound.close();
      await server.stop('SIGTERM');
      removeFolder(logs);
    },
  };
}
