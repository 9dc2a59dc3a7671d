/** What `upkeep init` found and does not watch by itself: proposed in upkeep.yaml as comments. */
import { flow, oneLine } from './write-value.ts';

/** What listens on a port that the kernel lent it. */
export interface LentServer {
  readonly address: string;
  readonly port: number;
  readonly process?: string;
  readonly protocol: 'http' | 'https' | 'tls' | 'postgres' | 'redis' | 'mysql';
}

const lentShown = 5;

export function lentLines(lent: readonly LentServer[]): string[] {
  if (lent.length === 0) return [];
  const more = lent.length > lentShown ? ` (${lent.length - lentShown} more are not shown)` : '';
  return [
    `  # Not watched, because the kernel lends these ports out for a while${more}. Take out the # of what is to stay:`,
    ...lent.slice(0, lentShown).map((server) => {
      const { port, process = 'a program' } = server;
      const entry = `${names[server.protocol] ?? server.protocol}-${port}: { ${settings(server)} }`;
      return `  # ${entry}   # ${oneLine(process)} on ${server.address.includes(':') ? `[${server.address}]` : server.address}:${port}`;
    }),
  ];
}

const names: Partial<Record<LentServer['protocol'], string>> = {
  ...{ http: 'web', https: 'web', tls: 'certificate' },
};

function settings({ protocol, address, port }: LentServer): string {
  const host = ['0.0.0.0', '::'].includes(address) ? '127.0.0.1' : address;
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (protocol === 'tls') return `system: tls, host: ${flow(host)}, port: ${port}, verify: false`;
  if (protocol === 'http') return `system: http, url: ${flow(`http://${place}/`)}`;
  if (protocol === 'https') return `system: http, url: ${flow(`https://${place}/`)}, tls: { verify: false }`;
  const url = {
    postgres: `postgres://postgres@${place}/postgres`,
    mysql: `mysql://root@${place}`,
    redis: `redis://${place}`,
  };
  return `system: ${protocol}, url: ${flow(url[protocol])}`;
}

/** A part of render.yaml, which says not where it is reached. */
export interface RenderPart {
  readonly name: string;
  readonly kind: 'web' | 'postgres' | 'redis';
  readonly healthCheckPath?: string;
}

/** Render gives a web service `NAME.onrender.com` where that is free; the addresses of stores stand on its pages alone. */
export function renderedLine({ name, kind, healthCheckPath = '/' }: RenderPart): string {
  const key = name.toLowerCase().replace(/[^a-z0-9]+/g, '-') || kind;
  const from = `of render.yaml, which does not say where it is reached`;
  if (kind === 'web') {
    const url = flow(`https://${key}.onrender.com${healthCheckPath}`);
    return `  # ${key}: { system: http, url: ${url} }   # web service ${from}: this is its usual address`;
  }
  const variable = kind === 'postgres' ? 'DATABASE_URL' : 'REDIS_URL';
  const what = kind === 'postgres' ? 'database' : 'key value store';
  return `  # ${key}: { system: ${kind}, url: "\${${variable}}" }   # ${what} ${from}: put its external address into .env`;
}
