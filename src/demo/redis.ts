import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Clock } from '../core/time.ts';
import { type Account, give } from '../machine/unprivileged.ts';
import type { Processes, Running } from './processes.ts';
import { password } from './secret.ts';
import { until } from './until.ts';

const maxMemoryBytes = 8 * 1024 * 1024;

export interface DemoRedis {
  readonly process: Running;
  readonly port: number;
  readonly url: string;
  /** A connection for one piece of work. */
  use<T>(work: (client: Redis) => Promise<T>): Promise<T>;
}

export async function startRedis(options: {
  folder: string;
  port: number;
  command: string;
  account: Account | undefined;
  processes: Processes;
  clock: Clock;
}): Promise<DemoRedis> {
  const { folder, port, account, processes, clock } = options;
  const home = join(folder, 'cache');
  const file = join(home, 'redis.conf');
  const secret = password();
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(file, settings(home, port, secret), { mode: 0o600 });
  give(home, account);
  give(file, account);
  const process = await processes.start({
    name: 'redis',
    command: options.command,
    args: [file],
    cwd: home,
    account,
    end: 'KILL',
  });
  const use = <T>(work: (client: Redis) => Promise<T>) => withClient(port, secret, work);
  const isReady = async () => (await use((client) => client.ping())) === 'PONG';
  await until(clock, 'the start of Redis', 15_000, isReady, { hasFailed: process.failure });
  return { process, port, url: `redis://:${secret}@127.0.0.1:${port}`, use };
}

async function withClient<T>(port: number, secret: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    password: secret,
    lazyConnect: true,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    client.disconnect();
  }
}

function settings(home: string, port: number, secret: string): string {
  return `
bind 127.0.0.1
port ${port}
requirepass ${secret}
dir ${home}
maxmemory ${maxMemoryBytes}
maxmemory-policy noeviction
save ""
appendonly no
daemonize no
`;
}
