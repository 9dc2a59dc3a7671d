/** A real Prometheus on a free port, with the configuration a test gives. */
import type { Binary } from './installed.ts';
import { type ListeningServer, startListening } from './listening.ts';

export const prometheusServer: Binary = { name: 'prometheus', apt: 'prometheus' };

export interface PrometheusOptions {
  /** `prometheus.yml`, given its own port. */
  readonly configuration: (port: number) => string;
  /** Files beside it, by name: rules. */
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

export function startPrometheus(options: PrometheusOptions): Promise<ListeningServer> {
  return startListening({
    binary: prometheusServer,
    files: (port) => ({ 'prometheus.yml': options.configuration(port), ...options.files }),
    args: (port, folder) => [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      ...(options.args ?? []),
    ],
    ready: /Server is ready to receive web requests/,
  });
}
