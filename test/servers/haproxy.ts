/** A real HAProxy before one or several servers. */
import type { Binary } from './installed.ts';
import { type ListeningServer, startListening } from './listening.ts';

export const haproxyServer: Binary = { name: 'haproxy', apt: 'haproxy' };

export interface HaproxyOptions {
  /** `127.0.0.1:3000` */
  readonly backends: readonly string[];
  /** Path of the health check; servers are not checked where it is left out. */
  readonly checkPath?: string;
  readonly checkEveryMs?: number;
  /** How long a server may take to answer. */
  readonly serverTimeoutMs?: number;
  /** Lines of the section global: `stats socket …`. */
  readonly global?: readonly string[];
  /** Words for each server: `maxconn 5`. */
  readonly serverWords?: string;
  /** Lines of the frontend: `maxconn 1`. */
  readonly frontendLines?: readonly string[];
  /** Lines of the backend. */
  readonly backendLines?: readonly string[];
  readonly port?: number;
}

export function startHaproxy(options: HaproxyOptions): Promise<ListeningServer> {
  return startListening({
    binary: haproxyServer,
    port: options.port,
    files: (port) => ({ 'haproxy.cfg': configurationOf(options, port) }),
    args: (_port, folder) => ['-W', '-db', '-f', `${folder}/haproxy.cfg`],
    ready: /Loading success|forked/,
  });
}

function configurationOf(options: HaproxyOptions, port: number): string {
  const every = options.checkEveryMs ?? 200;
  const check = options.checkPath === undefined ? '' : ` check inter ${every}ms fall 2 rise 1`;
  return [
    'global',
    '  log stdout format raw local0',
    ...(options.global ?? []).map((line) => `  ${line}`),
    'defaults',
    '  mode http',
    '  log global',
    '  timeout connect 1s',
    '  timeout client 30s',
    `  timeout server ${options.serverTimeoutMs ?? 5_000}ms`,
    ...(options.checkPath === undefined ? [] : ['  timeout check 500ms']),
    'frontend web',
    `  bind 127.0.0.1:${port}`,
    ...(options.frontendLines ?? []).map((line) => `  ${line}`),
    '  default_backend app',
    'backend app',
    '  retries 0',
    ...(options.backendLines ?? []).map((line) => `  ${line}`),
    ...(options.checkPath === undefined ? [] : [`  option httpchk GET ${options.checkPath}`]),
    ...options.backends.map((address, at) =>
      `  server app${at + 1} ${address}${check} ${options.serverWords ?? ''}`.trimEnd(),
    ),
    '',
  ].join('\n');
}
