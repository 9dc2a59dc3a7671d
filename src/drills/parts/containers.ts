import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Clock } from '../../core/time.ts';
import { locate } from '../../demo/optional.ts';
import { freePorts } from '../../demo/ports.ts';
import type { Stack } from '../../demo/stack.ts';
import { until } from '../../demo/until.ts';

export const podman = { command: 'podman', apt: 'podman', without: '' };
export const runc = { command: 'runc', apt: 'runc', without: '' };
export const busybox = { command: 'busybox', apt: 'busybox-static', without: '' };
const image = 'localhost/drills:1';
const run = promisify(execFile);
const inspected = z.object({ State: z.object({ Status: z.string() }) });
/** The last is a bystander: whoever touches it did damage. */
export const containerNames = ['web', 'worker', 'cache', 'bystander'] as const;
export type ContainerName = (typeof containerNames)[number];
/** Its root goes with the sandbox, and then it ends: also where nobody is left to stop it. */
const stay = 'while [ -e /bin/sh ]; do sleep 1; done';
const cacheLimit = '24m';

export interface Containers {
  /** Of the Docker API, as Podman serves it. */
  readonly socket: string;
  /** The port that `web` takes. */
  readonly port: number;
  command(...args: readonly string[]): Promise<string>;
  /** Creates it anew and starts it; `worker` needs a variable, which may be left out. */
  create(name: ContainerName, options?: { without?: 'variable' }): Promise<void>;
  isRunning(name: ContainerName): Promise<boolean>;
  /** What nobody may change: names, images and states. */
  state(): Promise<[string, string][]>;
  stop(): Promise<void>;
}

/** Real containers of one small image. Needs root; each is of this machine's network. */
export async function startContainers(stack: Stack, clock: Clock): Promise<Containers> {
  const home = join(stack.folder, 'containers');
  const root = join(home, 'root');
  mkdirSync(join(root, 'bin'), { recursive: true });
  copyFileSync(locate(busybox) ?? busybox.command, join(root, 'bin', 'busybox'));
  for (const name of ['sh', 'sleep', 'tail', 'touch', 'rm', 'httpd'])
    symlinkSync('busybox', join(root, 'bin', name));
  const [port = 0] = await freePorts(1);
  const program = locate(podman) ?? podman.command;
  const own = ['--root', join(home, 'store'), '--runroot', join(home, 'run')].concat(
    ['--runtime', 'runc', '--storage-driver=vfs', '--cgroup-manager=cgroupfs'],
    ['--log-level=error'],
  );
  const command = async (...args: readonly string[]) =>
    (await run(program, [...own, ...args], { cwd: home })).stdout;
  await run('tar', ['-C', root, '-cf', join(home, 'root.tar'), '.']);
  await command('import', join(home, 'root.tar'), image);
  const socket = join(home, 'api.sock');
  const service = await stack.processes.start({
    name: 'podman',
    command: program,
    args: [...own, 'system', 'service', '--time=0', `unix://${socket}`],
    cwd: home,
    end: 'TERM',
  });
  const isRunning = (name: ContainerName) => ask(socket, name).then((status) => status === 'running');
  const containers: Containers = {
    socket,
    port,
    command,
    isRunning,
    async create(name, { without } = {}) {
      await command('rm', '--force', '--ignore', '--time', '0', name);
      const options = name === 'cache' ? ['--memory', cacheLimit, '--memory-swap', cacheLimit] : [];
      if (name === 'worker' && without !== 'variable') options.push('--env', 'QUEUE_URL=amqp://broker/jobs');
      await command(
        ...['run', '--detach', '--name', name, '--network=host'],
        ...['--ulimit', 'nofile=20000:20000', '--ulimit', 'nproc=1024:1024'],
        ...[...options, image, '/bin/sh', '-c', script(name, port)],
      );
    },
    async state() {
      const text = await command('ps', '--all', '--format', '{{.Names}} {{.Image}} {{.Exited}}');
      return text
        .trim()
        .split('\n')
        .map((line) => line.split(' '))
        .map(([name = '', ...rest]) => [`container ${name}`, rest.join(' ')]);
    },
    async stop() {
      await command('rm', '--all', '--force', '--time', '0').catch(() => '');
      await service.stop(['TERM'], 5_000);
    },
  };
  try {
    for (const name of containerNames) await containers.create(name);
    await until(
      clock,
      'the start of the containers',
      20_000,
      async () => {
        for (const name of containerNames) if (!(await isRunning(name))) return false;
        return true;
      },
      { hasFailed: service.failure },
    );
    return containers;
  } catch (error) {
    await containers.stop();
    throw error;
  }
}

/** Over the service, which costs less than another Podman each time. */
async function ask(socketPath: string, name: ContainerName): Promise<string> {
  const asking = request({ socketPath, path: `/v1.40/containers/${name}/json`, timeout: 5_000 });
  asking.on('timeout', () => asking.destroy(new Error('Podman does not answer')));
  asking.end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  const { State } = inspected.parse(JSON.parse(await text(answer)));
  return State.Status;
}

/** What each does at its start: take its port, want its variable, fill its memory once when told to. */
function script(name: ContainerName, port: number): string {
  if (name === 'web') return `httpd -p 127.0.0.1:${port} -h /bin && ${stay}`;
  if (name === 'worker') return `: "\${QUEUE_URL:?is not set}"; ${stay}`;
  if (name === 'cache')
    return `while [ -e /bin/sh ]; do [ -e /leak ] && rm /leak && exec tail /dev/zero; sleep 1; done`;
  return stay;
}
