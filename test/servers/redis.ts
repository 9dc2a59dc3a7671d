/** A real Redis on a free port, without persistence unless told otherwise. */
import { freePort } from './free-port.ts';
import { type Binary, required } from './installed.ts';
import { type Identity, removeFolder, startServer, temporaryFolder } from './process.ts';

export const redisServer: Binary = { name: 'redis-server', apt: 'redis-server' };

export interface RedisOptions {
  /** `redis.conf` settings: `{ maxmemory: '4mb', 'maxmemory-policy': 'noeviction' }` */
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly password?: string;
  /** Fixed where a test stops a server and starts it again in the same place. */
  readonly port?: number;
  /** The account to run as when we are root, for whom files can be out of reach. */
  readonly as?: Identity;
}

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly pid: number;
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const command = required(redisServer);
  const folder = temporaryFolder('redis', options.as);
  const port = options.port ?? (await freePort());
  const settings: Record<string, string | number> = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: 'no',
    ...(options.password === undefined ? {} : { requirepass: options.password }),
    ...options.settings,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = await startServer({
    command,
    args,
    folder,
    ready: /Ready to accept connections/,
    ...(options.as ? { as: options.as } : {}),
  });
  const secret = options.password === undefined ? '' : `:${encodeURIComponent(options.password)}@`;
  return {
    ...server,
    port,
    folder,
    url: `redis://${secret}127.0.0.1:${port}`,
    async stop(signal) {
      await server.stop(signal);
      removeFolder(folder);
    },
  };
}
