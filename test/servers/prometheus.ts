/** A real Prometheus on a free port, with the configuration a test gives. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { type Binary, required } from './installed.ts';
import { removeFolder, startServer, temporaryFolder } from './process.ts';

export const prometheusServer: Binary = { name: 'prometheus', apt: 'prometheus' };

export interface PrometheusServer {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly pid: number;
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface PrometheusOptions {
  /** `prometheus.yml`, given its own port. */
  readonly configuration: (port: number) => string;
  /** Files beside it, by name: rules. */
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

export async function startPrometheus(options: PrometheusOptions): Promise<PrometheusServer> {
  const command = required(prometheusServer);
  const folder = temporaryFolder('prometheus');
  const port = await freePort();
  writeFileSync(join(folder, 'prometheus.yml'), options.configuration(port));
  for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(folder, name), text);
  const server = await startServer({
    command,
    args: [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      ...(options.args ?? []),
    ],
    folder,
    ready: /Server is ready to receive web requests/,
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
