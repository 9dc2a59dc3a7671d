import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../core/time.ts';
import { get } from '../../demo/http.ts';
import { locate } from '../../demo/optional.ts';
import { freePorts } from '../../demo/ports.ts';
import type { Running } from '../../demo/processes.ts';
import type { Stack } from '../../demo/stack.ts';
import { until } from '../../demo/until.ts';

export const nginxServer = { command: 'nginx', apt: 'nginx', without: '' };

/** An nginx with a page of its own and stub_status. */
export interface Nginx {
  readonly port: number;
  readonly config: string;
  /** How it is run for `-t` and `-s reload`. */
  readonly command: readonly string[];
  readonly folder: string;
  /** Starts it where it does not run; throws with its own words where it cannot. */
  start(): Promise<void>;
  quit(): Promise<void>;
}

export async function startNginx(stack: Stack, clock: Clock): Promise<Nginx> {
  const folder = join(stack.folder, 'nginx');
  mkdirSync(folder);
  const [port = 0] = await freePorts(1);
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, settings(folder, port));
  const command = [locate(nginxServer) ?? nginxServer.command, '-p', folder, '-c', config];
  const [program = '', ...args] = command;
  let running: Running | null = null;
  const isUp = async () => (await get(`http://127.0.0.1:${port}/`, 1_000)).status === 200;
  const nginx: Nginx = {
    port,
    config,
    command,
    folder,
    async start() {
      if (await isUp().catch(() => false)) return;
      const started = await stack.processes.start({
        name: 'nginx',
        command: program,
        args,
        cwd: folder,
        end: 'QUIT',
      });
      running = started;
      await until(clock, 'the start of nginx', 10_000, isUp, { hasFailed: started.failure });
    },
    async quit() {
      await running?.stop(['QUIT', 'TERM'], 3_000);
      // Upkeep may have started another, which tells its pid in the file.
      try {
        stack.processes.signal(
          Number.parseInt(readFileSync(join(folder, 'nginx.pid'), 'utf8'), 10),
          'SIGTERM',
        );
      } catch {
        // It ended and took its file along.
      }
    },
  };
  await nginx.start();
  return nginx;
}

function settings(folder: string, port: number): string {
  return `daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
worker_processes 1;
events { worker_connections 64; }
http {
  access_log ${folder}/access.log;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port};
    location / { return 200 "well\\n"; }
    location /nginx_status { stub_status; }
  }
}
`;
}
