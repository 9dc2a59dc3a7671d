/** HAProxy before small HTTP servers whose answers a test chooses, and the target that watches it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import type { ConnectContext } from '../../src/core/system.ts';
import { haproxy } from '../../src/systems/haproxy/index.ts';
import { eventually, type TriedTarget, tryTarget } from '../try-target.ts';
import { freePort } from './free-port.ts';
import { type HaproxyOptions, startHaproxy } from './haproxy.ts';
import type { ListeningServer } from './listening.ts';
import { removeFolder, temporaryFolder } from './process.ts';

export interface Backend {
  readonly address: string;
  readonly port: number;
  readonly pid: number;
  /** Status by path; `*` for every other one. */
  answers(statuses: Readonly<Record<string, number>>, delayMs?: number): void;
  stop(): Promise<void>;
}

/** In this process: its answers change at once. */
export async function startBackend(): Promise<Backend> {
  let statuses: Readonly<Record<string, number>> = {};
  let delay = 0;
  const server = createServer((request, response) => {
    response.statusCode = statuses[request.url ?? ''] ?? statuses['*'] ?? 200;
    setTimeout(() => response.end('ok\n'), delay);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = server.address();
  const port = typeof at === 'object' && at !== null ? at.port : 0;
  return {
    ...{ address: `127.0.0.1:${port}`, port, pid: process.pid },
    answers(now, delayMs = 0) {
      statuses = now;
      delay = delayMs;
    },
    async stop() {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A process of its own, to be killed or frozen. */
export async function startBackendProcess(): Promise<Backend> {
  const folder = temporaryFolder('backend');
  const file = join(folder, 'shop-api.mjs');
  writeFileSync(
    file,
    "import { createServer } from 'node:http';\nconst s = createServer((q, r) => r.end('ok'));\ns.listen(0, '127.0.0.1', () => process.send(s.address().port));\nprocess.on('disconnect', () => process.exit());\n",
  );
  const child = fork(file, [], { execArgv: [] });
  const [port] = await once(child, 'message');
  return {
    ...{ address: `127.0.0.1:${port}`, port: Number(port), pid: child.pid ?? 0 },
    answers: () => {
      throw new Error('this one always answers 200');
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      removeFolder(folder);
    },
  };
}

export interface Lab {
  readonly proxy: ListeningServer;
  readonly target: TriedTarget;
  readonly socket: string;
  /** Sends requests through the proxy, some at a time; the statuses that came. */
  load(count: number, together?: number): Promise<number[]>;
  /** Looks until this server stands so. */
  stands(server: string, state: number): Promise<void>;
  stop(): Promise<void>;
}

export async function openLab(
  options: HaproxyOptions & {
    readonly level?: string;
    readonly settings?: Readonly<Record<string, unknown>>;
    /** What `failover:` says of its servers. */
    readonly paired?: ConnectContext['paired'];
  },
): Promise<Lab> {
  const socket = `127.0.0.1:${await freePort()}`;
  const proxy = await startHaproxy({
    checkEveryMs: 100,
    ...options,
    global: [`stats socket ipv4@${socket} level ${options.level ?? 'admin'}`, ...(options.global ?? [])],
  });
  const target = tryTarget(
    haproxy,
    { socket, config: join(proxy.folder, 'haproxy.cfg'), ...options.settings },
    options.paired ? { paired: options.paired } : {},
  );
  return {
    ...{ proxy, target, socket },
    async load(count, together = 4) {
      const statuses: number[] = [];
      let left = count;
      const one = async () => {
        while (left-- > 0) {
          const response = await fetch(proxy.url, { headers: { connection: 'close' } });
          await response.arrayBuffer();
          statuses.push(response.status);
        }
      };
      await Promise.all(Array.from({ length: together }, one));
      return statuses;
    },
    async stands(server, state) {
      await eventually(
        () => target.seen('haproxy.servers'),
        (seen) =>
          seen.readings.some(
            ({ metric, labels, value }) =>
              metric === 'haproxy.server.state' && labels?.server === server && value === state,
          ),
      );
    },
    async stop() {
      await target.bound.close();
      await proxy.stop('SIGKILL');
    },
  };
}

/** A runtime API before that of a real one, which says that it is of this version: only one release is installed. */
export async function ofVersion(
  socket: string,
  version: string,
): Promise<{ socket: string; stop(): Promise<void> }> {
  const [host = '', port] = socket.split(':');
  const server = createTcpServer({ allowHalfOpen: true }, (client) => {
    const real = connect({ host, port: Number(port), allowHalfOpen: true });
    let answer = '';
    client.on('data', (asked) => real.write(asked));
    real.on('data', (part) => {
      answer += part;
    });
    real.on('end', () => {
      client.end(answer.replace(/^Version: .*$/m, `Version: ${version}`));
      real.destroy();
    });
    for (const end of [client, real])
      end.on('error', () => {
        client.destroy();
        real.destroy();
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = server.address();
  return {
    socket: `127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}`,
    async stop() {
      server.close();
      await once(server, 'close');
    },
  };
}
