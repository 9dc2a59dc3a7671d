import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/time.ts';
import type { Account } from '../machine/unprivileged.ts';
import { get } from './http.ts';
import type { Processes, Running } from './processes.ts';
import { until } from './until.ts';

export interface DemoProxy {
  readonly process: Running;
  readonly port: number;
}

/** HAProxy in front of the API; it takes the API out after two failed checks, within about a second. */
export async function startProxy(options: {
  folder: string;
  port: number;
  apiPort: number;
  command: string;
  account: Account | undefined;
  processes: Processes;
  clock: Clock;
}): Promise<DemoProxy> {
  const { folder, port, processes, clock } = options;
  const home = join(folder, 'proxy');
  const file = join(home, 'haproxy.cfg');
  mkdirSync(home);
  writeFileSync(file, settings(port, options.apiPort, options.account));
  const process = await processes.start({
    name: 'haproxy',
    command: options.command,
    args: ['-db', '-f', file],
    cwd: home,
    end: 'TERM',
  });
  const isReady = async () => (await get(`http://127.0.0.1:${port}/live`, 1_000)).status === 200;
  await until(clock, 'the start of HAProxy', 15_000, isReady, { hasFailed: process.failure });
  return { process, port };
}

/** The check asks `/live`, not `/health`: an API whose database is down must still be able to say so. */
function settings(port: number, apiPort: number, account: Account | undefined): string {
  return `
global
  maxconn 500
  ${account ? `uid ${account.uid}\n  gid ${account.gid}` : ''}
defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 3s
  timeout queue 1s
  timeout http-request 5s
  timeout check 500ms
  retries 1
frontend web
  bind 127.0.0.1:${port}
  default_backend api
backend api
  option httpchk GET /live
  server api-1 127.0.0.1:${apiPort} check inter 500ms fall 2 rise 1
`;
}
