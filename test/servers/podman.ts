/** A real container engine: Podman's service of the Docker API, with storage of its own and one small image. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Binary, required } from './installed.ts';
import { removeFolder, startServer, temporaryFolder } from './process.ts';

export const podman: Binary = { name: 'podman', apt: 'podman' };
export const runc: Binary = { name: 'runc', apt: 'runc' };
export const busybox: Binary = { name: 'busybox', apt: 'busybox-static' };
const image = 'upkeep-test:1';
const run = promisify(execFile);

export interface Podman {
  readonly socket: string;
  /** Creates and starts one of the small image. */
  run(name: string, options: readonly string[], command: readonly string[]): Promise<void>;
  command(...args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

export async function startPodman(): Promise<Podman> {
  const folder = temporaryFolder('podman');
  const bin = join(folder, 'root', 'bin');
  mkdirSync(bin, { recursive: true });
  copyFileSync(required(busybox), join(bin, 'busybox'));
  for (const name of ['sh', 'sleep', 'tail', 'echo']) symlinkSync('busybox', join(bin, name));
  const own = [
    ...['--root', join(folder, 'store'), '--runroot', join(folder, 'run')],
    ...['--runtime', 'runc', '--storage-driver=vfs', '--cgroup-manager=cgroupfs', '--log-level=info'],
  ];
  const command = async (...args: readonly string[]) =>
    (await run(required(podman), [...own, ...args], { cwd: folder })).stdout;
  await run('tar', ['-C', join(folder, 'root'), '-cf', join(folder, 'root.tar'), '.']);
  await command('import', join(folder, 'root.tar'), image);
  const socket = join(folder, 'api.sock');
  const server = await startServer({
    command: required(podman),
    args: [...own, 'system', 'service', '--time=0', `unix://${socket}`],
    folder,
    ready: /API service listening/,
  });
  return {
    socket,
    command,
    async run(name, options, words) {
      const limits = ['--ulimit', 'nofile=20000:20000', '--ulimit', 'nproc=1024:1024', '--network=host'];
      await command('run', '--detach', '--name', name, ...limits, ...options, image, ...words);
    },
    async stop() {
      await command('rm', '--all', '--force', '--time', '0').catch(() => '');
      await server.stop();
      removeFolder(folder);
    },
  };
}
