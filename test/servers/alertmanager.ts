/** A real Alertmanager on a free port, without a cluster. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { type Binary, required } from './installed.ts';
import { removeFolder, startServer, temporaryFolder } from './process.ts';

export const alertmanagerServer: Binary = { name: 'prometheus-alertmanager', apt: 'prometheus-alertmanager' };

export interface AlertmanagerServer {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly pid: number;
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** @param configuration text of alertmanager.yml */
export async function startAlertmanager(configuration: string): Promise<AlertmanagerServer> {
  const command = required(alertmanagerServer);
  const folder = temporaryFolder('alertmanager');
  const port = await freePort();
  writeFileSync(join(folder, 'alertmanager.yml'), configuration);
  const server = await startServer({
    command,
    args: [
      `--config.file=${folder}/alertmanager.yml`,
      `--storage.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    folder,
    ready: /Listening on|server is listening|address=127/i,
  });
  return {
    ...server,
    port,
    folder,
    url: `http://127.0.0.1:${port}`,
    async stop(signal) {
      await server.stop(signal);
      removeFolder(folder);
    },
  };
}
