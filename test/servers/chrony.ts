/** A real time server (chronyd) on a port of its own, with a clock that is off by as much as a test wants. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import type { Binary } from './installed.ts';
import { required } from './installed.ts';
import { type RunningServer, removeFolder, startServer, temporaryFolder } from './process.ts';

export const chronyServer: Binary = { name: 'chronyd', apt: 'chrony' };

export interface ChronyServer {
  readonly address: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Serves the machine's own time as if from a reference; touches no clock (-x). */
export async function startChrony(): Promise<ChronyServer> {
  const folder = temporaryFolder('chrony');
  const port = await freePort();
  const lines = [
    `port ${port}`,
    'bindaddress 127.0.0.1',
    'cmdport 0',
    'allow 127.0.0.1',
    'local stratum 8',
    `pidfile ${join(folder, 'chronyd.pid')}`,
  ];
  writeFileSync(join(folder, 'chrony.conf'), `${lines.join('\n')}\n`);
  const server: RunningServer = await startServer({
    command: required(chronyServer),
    args: ['-x', '-d', '-U', '-u', 'root', '-f', join(folder, 'chrony.conf')],
    folder,
    ready: /Running with root privileges/,
  });
  return {
    address: `127.0.0.1:${port}`,
    pid: server.pid,
    async stop() {
      await server.stop();
      removeFolder(folder);
    },
  };
}
