import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../core/time.ts';
import { get } from '../../demo/http.ts';
import { haproxy, locate } from '../../demo/optional.ts';
import { freePorts } from '../../demo/ports.ts';
import type { Stack } from '../../demo/stack.ts';
import { until } from '../../demo/until.ts';

/** Two servers behind a HAProxy of their own, under some load. */
export interface Pair {
  readonly port: number;
  /** Its runtime API and its configuration, for Upkeep. */
  readonly socket: string;
  readonly config: string;
  /** What the second server answers: as it should, or every other request with 500. */
  second: 'well' | 'half-broken';
  /** Where the servers answer the health check; HAProxy asks for `/healthz`. */
  healthPath: string;
  /** Takes the second server back in where it was taken out. */
  ready(): Promise<void>;
  /** Both servers at once. */
  set(state: 'maint' | 'ready'): Promise<void>;
  stop(): Promise<void>;
}

const perSecond = 20;

export async function startPair(stack: Stack, clock: Clock): Promise<Pair> {
  const home = join(stack.folder, 'pair');
  mkdirSync(home);
  const [port = 0] = await freePorts(1);
  const socket = join(home, 'admin.sock');
  const config = join(home, 'haproxy.cfg');
  const servers = await Promise.all(
    ['one', 'two'].map((name) => {
      // Each its own: by turns both together would always give one of them the same parity.
      let asked = 0;
      return serve((url) => {
        if (url === pair.healthPath) return 200;
        if (url !== '/' && !url.startsWith('/parcels')) return 404;
        asked += 1;
        return name === 'two' && pair.second === 'half-broken' && asked % 2 === 0 ? 500 : 200;
      });
    }),
  );
  writeFileSync(config, settings(port, socket, servers.map(portOf)));
  const proxy = await stack.processes.start({
    name: 'pair',
    command: locate(haproxy) ?? haproxy.command,
    args: ['-db', '-f', config],
    cwd: home,
    end: 'TERM',
  });
  const stopping = new AbortController();
  const pair: Pair = {
    port,
    socket,
    config,
    second: 'well',
    healthPath: '/healthz',
    ready: () => tell(socket, 'set server parcels/two state ready'),
    async set(state) {
      for (const name of ['one', 'two']) await tell(socket, `set server parcels/${name} state ${state}`);
    },
    async stop() {
      stopping.abort();
      await loading;
      await proxy.stop(['TERM'], 2_000);
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
  const ask = () => get(`http://127.0.0.1:${port}/parcels`, 2_000);
  const load = async () => {
    while (!stopping.signal.aborted) {
      void ask().catch(() => {});
      await clock.sleep(1_000 / perSecond, stopping.signal).catch(() => {});
    }
  };
  await until(clock, 'the start of HAProxy', 15_000, async () => (await ask()).status === 200, {
    hasFailed: proxy.failure,
  });
  const loading = load();
  return pair;
}

async function serve(statusOf: (url: string) => number): Promise<Server> {
  const server = createServer((request, response) => {
    response.statusCode = statusOf(request.url ?? '/');
    response.end(`${response.statusCode}\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** One line to the runtime API; its answer is awaited and not looked at. */
async function tell(path: string, line: string): Promise<void> {
  const client = connect(path);
  client.on('error', () => {});
  client.end(`${line}\n`);
  client.resume();
  await once(client, 'close');
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function settings(port: number, socket: string, servers: readonly number[]): string {
  return `
global
  maxconn 200
  stats socket ${socket} mode 600 level admin
defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 3s
  timeout queue 1s
  timeout check 500ms
frontend parcels
  bind 127.0.0.1:${port}
  default_backend parcels
backend parcels
  balance roundrobin
  option httpchk GET /healthz
  http-check expect status 200
${servers.map((server, at) => `  server ${at === 0 ? 'one' : 'two'} 127.0.0.1:${server} check inter 500ms fall 2 rise 1`).join('\n')}
`;
}
