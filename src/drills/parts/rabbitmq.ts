import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import type { Clock } from '../../core/time.ts';
import { locate } from '../../demo/optional.ts';
import { freePorts } from '../../demo/ports.ts';
import type { Stack } from '../../demo/stack.ts';
import { until } from '../../demo/until.ts';
import { type Account, give, serverAccount } from '../../machine/unprivileged.ts';

export const rabbitmqServer = { command: 'rabbitmq-server', apt: 'rabbitmq-server', without: '' };
const portMapper = { command: 'epmd', apt: 'erlang-base', without: '' };
/** The wrappers of Debian in /usr/sbin change the user by `su`, which asks for a terminal. */
const programs = '/usr/lib/rabbitmq/bin';
const run = promisify(execFile);

/** A queue of work and the one for its dead letters. */
export const jobs = 'jobs';
export const deadJobs = 'jobs.dead';

export interface Rabbitmq {
  /** Of the management API, with login, for Upkeep. */
  readonly url: string;
  /** How rabbitmqctl is run for this node. */
  readonly command: readonly string[];
  ctl(...args: readonly string[]): Promise<void>;
  /** A connection of a worker or publisher; the caller closes it. */
  connect(): Promise<ChannelModel>;
  /** Whether a message of a publisher is not taken within this time. */
  refuses(withinMs: number): Promise<boolean>;
  stop(): Promise<void>;
}

/** A RabbitMQ with a worker that does what comes into the queue `jobs`; it ends with the stack. */
export async function startRabbitmq(stack: Stack, clock: Clock): Promise<Rabbitmq> {
  const { connect } = await import('amqplib');
  const account = serverAccount();
  const home = join(stack.folder, 'rabbitmq');
  mkdirSync(home, { mode: 0o700 });
  give(home, account);
  const [amqp = 0, port = 0, distribution = 0, names = 0] = await freePorts(4);
  const env = environment(home, account, { amqp, port, distribution, names });
  const launch = { cwd: home, account, env, end: 'TERM' as const };
  // Started by RabbitMQ itself it would leave the sandbox and outlive it.
  const mapper = await stack.processes.start({
    ...launch,
    name: 'epmd',
    command: locate(portMapper) ?? portMapper.command,
    args: ['-port', String(names), '-address', '127.0.0.1'],
  });
  const server = await stack.processes.start({
    ...launch,
    name: 'rabbitmq',
    command: join(programs, 'rabbitmq-server'),
    args: [],
  });
  const command = commandOf(env, account);
  const open = () => connect(`amqp://guest:guest@127.0.0.1:${amqp}`);
  await until(clock, 'the start of RabbitMQ', 90_000, async () => (await open()).close().then(() => true), {
    hasFailed: server.failure,
  });
  const own = await open();
  own.on('error', () => {});
  const publisher = await own.createConfirmChannel();
  await publisher.assertQueue(deadJobs);
  await publisher.assertQueue(jobs, {
    arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': deadJobs },
  });
  return {
    url: `http://guest:guest@127.0.0.1:${port}`,
    command,
    async ctl(...args) {
      const [program = '', ...words] = command;
      await run(program, [...words, '-q', ...args]);
    },
    async connect() {
      const connection = await open();
      connection.on('error', () => {});
      return connection;
    },
    refuses: (withinMs) => isRefused(clock, publisher, withinMs),
    async stop() {
      await own.close().catch(() => {});
      await server.stop(['TERM'], 12_000);
      await mapper.stop(['TERM'], 1_000);
    },
  };
}

/** To no queue: the broker takes it, answers and forgets it. A blocked publisher waits for its answer. */
async function isRefused(clock: Clock, channel: ConfirmChannel, withinMs: number): Promise<boolean> {
  const limit = new AbortController();
  const late = clock.sleep(withinMs, limit.signal).then(
    () => true,
    () => false,
  );
  const taken = new Promise<boolean>((resolve) => {
    channel.publish('', 'nobody', Buffer.from('probe'), {}, () => resolve(false));
  });
  const refused = await Promise.race([taken, late]);
  limit.abort();
  return refused;
}

function environment(
  home: string,
  account: Account | undefined,
  ports: { amqp: number; port: number; distribution: number; names: number },
): Record<string, string> {
  const file = (name: string, text: string) => {
    const path = join(home, name);
    writeFileSync(path, text);
    give(path, account);
    return path;
  };
  return {
    HOME: home,
    RABBITMQ_NODENAME: `drills-${ports.port}@localhost`,
    RABBITMQ_MNESIA_BASE: join(home, 'mnesia'),
    RABBITMQ_LOG_BASE: home,
    RABBITMQ_LOGS: '-',
    RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins', '[rabbitmq_management].\n'),
    RABBITMQ_CONFIG_FILE: file(
      'rabbitmq.conf',
      [
        `listeners.tcp.1 = 127.0.0.1:${ports.amqp}`,
        'management.tcp.ip = 127.0.0.1',
        `management.tcp.port = ${ports.port}`,
        'vm_memory_high_watermark.relative = 0.4',
        'disk_free_limit.absolute = 10MB',
        'collect_statistics_interval = 500',
        '',
      ].join('\n'),
    ),
    RABBITMQ_DIST_PORT: String(ports.distribution),
    ERL_EPMD_PORT: String(ports.names),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
}

function commandOf(env: Readonly<Record<string, string>>, account: Account | undefined): string[] {
  const identity = account
    ? ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups']
    : [];
  const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return [...identity, 'env', ...words, join(programs, 'rabbitmqctl')];
}
