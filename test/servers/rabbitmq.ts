/** A real RabbitMQ with its management plugin: ports, node name and data folder of its own. */
import { execFile } from 'node:child_process';
import { chmodSync, chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { type Binary, required } from './installed.ts';
import { type Identity, removeFolder, startServer, temporaryFolder } from './process.ts';

/** The wrappers of Debian in /usr/sbin change the user by `su`, which asks for a terminal. */
export const rabbitmqServer: Binary = {
  name: 'rabbitmq-server',
  apt: 'rabbitmq-server',
  folders: ['/usr/lib/rabbitmq/bin'],
};
const rabbitmqctl: Binary = { ...rabbitmqServer, name: 'rabbitmqctl' };

export interface RabbitmqServer {
  /** Of the management API, with login. */
  readonly url: string;
  readonly amqp: string;
  readonly port: number;
  readonly folder: string;
  readonly pid: number;
  readonly node: string;
  /** How rabbitmqctl is run for this node, to be put into a configuration. */
  readonly command: readonly string[];
  ctl(...args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

export async function startRabbitmq(): Promise<RabbitmqServer> {
  const as = rabbitmqUser();
  const folder = temporaryFolder('rabbitmq', as);
  chmodSync(folder, 0o755);
  const [amqpPort, port, distribution, names] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const node = `upkeep-${port}@localhost`;
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    if (as !== undefined) chownSync(join(folder, name), as.uid, as.gid);
    return join(folder, name);
  };
  const env = {
    HOME: folder,
    RABBITMQ_NODENAME: node,
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_LOGS: '-',
    RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins', '[rabbitmq_management].\n'),
    RABBITMQ_CONFIG_FILE: file(
      'rabbitmq.conf',
      [
        `listeners.tcp.1 = 127.0.0.1:${amqpPort}`,
        'management.tcp.ip = 127.0.0.1',
        `management.tcp.port = ${port}`,
        'vm_memory_high_watermark.relative = 0.4',
        'disk_free_limit.absolute = 10MB',
        'collect_statistics_interval = 500',
        '',
      ].join('\n'),
    ),
    RABBITMQ_DIST_PORT: String(distribution),
    ERL_EPMD_PORT: String(names),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
  const server = await startServer({
    command: required(rabbitmqServer),
    args: [],
    folder,
    ready: /Server startup complete/,
    env,
    ...(as === undefined ? {} : { as }),
  });
  const identity =
    as === undefined ? [] : ['setpriv', `--reuid=${as.uid}`, `--regid=${as.gid}`, '--clear-groups'];
  const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const command = [...identity, 'env', ...words, required(rabbitmqctl)];
  const run = promisify(execFile);
  const [program = '', ...args] = command;
  const ctl = async (...more: readonly string[]) => (await run(program, [...args, '-q', ...more])).stdout;
  return {
    pid: server.pid,
    folder,
    port,
    node,
    command,
    ctl,
    url: `http://guest:guest@127.0.0.1:${port}`,
    amqp: `amqp://guest:guest@127.0.0.1:${amqpPort}`,
    async stop() {
      await server.stop();
      await run('env', [`ERL_EPMD_PORT=${names}`, 'epmd', '-kill']).catch(() => {});
      removeFolder(folder);
    },
  };
}

function rabbitmqUser(): Identity | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith('rabbitmq:'));
  const [, , uid, gid] = entry?.split(':') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}
