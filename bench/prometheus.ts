/** Prometheus with the blackbox exporter, and with Alertmanager where messages are wanted. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../test/servers/free-port.ts';
import { type Binary, locate, required } from '../test/servers/installed.ts';
import { type RunningServer, removeFolder, startServer, temporaryFolder } from '../test/servers/process.ts';
import type { RunningProgram, WatchedUrl } from './upkeep.ts';

export const prometheus: Binary = { name: 'prometheus', apt: 'prometheus' };
export const blackbox: Binary = {
  name: 'prometheus-blackbox-exporter',
  apt: 'prometheus-blackbox-exporter',
};
export const alertmanager: Binary = { name: 'prometheus-alertmanager', apt: 'prometheus-alertmanager' };

/** Why these peers cannot run here, or undefined. */
export function lacking(...binaries: readonly Binary[]): string | undefined {
  const absent = binaries.filter((binary) => locate(binary) === null);
  if (absent.length === 0) return undefined;
  return absent
    .map(({ name, apt }) => `left out: ${name} is not installed (apt-get install ${apt})`)
    .join('; ');
}

export interface PrometheusOptions {
  readonly watched: readonly WatchedUrl[];
  /** Of scraping and of evaluating rules; Prometheus' own default of one minute where undefined. */
  readonly every?: string;
  readonly alerting?: {
    readonly url: string;
    /** The `route:` of Alertmanager after its receiver, as YAML in braces. */
    readonly route: string;
  };
}

/** One message of Alertmanager's webhook, version 4. */
export interface AlertmanagerMessage {
  readonly status: 'firing' | 'resolved';
  readonly alerts: readonly {
    readonly status: 'firing' | 'resolved';
    readonly labels: Readonly<Record<string, string>>;
  }[];
}

export async function startPrometheus(options: PrometheusOptions): Promise<RunningProgram> {
  const folder = temporaryFolder('bench-prometheus');
  const started: RunningServer[] = [];
  const stop = async () => {
    for (const server of started.toReversed()) await server.stop();
    removeFolder(folder);
  };
  try {
    const [probePort, alertPort] = [await freePort(), await freePort()];
    started.push(await startBlackbox(folder, probePort));
    if (options.alerting) started.push(await startAlertmanager(folder, alertPort, options.alerting));
    started.push(await startServerItself(folder, options, probePort, alertPort));
    return { pids: started.map((server) => server.pid), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startBlackbox(folder: string, port: number): Promise<RunningServer> {
  const file = join(folder, 'blackbox.yml');
  writeFileSync(
    file,
    'modules: { http_2xx: { prober: http, timeout: 5s, http: { preferred_ip_protocol: ip4 } } }\n',
  );
  return startServer({
    command: required(blackbox),
    args: [`--config.file=${file}`, `--web.listen-address=127.0.0.1:${port}`],
    folder,
    ready: /Listening on|server is listening|level=info.*address=/i,
  });
}

function startAlertmanager(
  folder: string,
  port: number,
  { url, route }: NonNullable<PrometheusOptions['alerting']>,
): Promise<RunningServer> {
  const file = join(folder, 'alertmanager.yml');
  writeFileSync(
    file,
    `route: ${route}\nreceivers:\n  - name: hook\n    webhook_configs: [{ url: "${url}", send_resolved: true }]\n`,
  );
  return startServer({
    command: required(alertmanager),
    args: [
      `--config.file=${file}`,
      `--storage.path=${folder}/alertmanager`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    folder,
    ready: /Listening on|server is listening|address=127/i,
  });
}

function startServerItself(
  folder: string,
  options: PrometheusOptions,
  probePort: number,
  alertPort: number,
): Promise<RunningServer> {
  const targets = options.watched.map(({ url }) => `'${url}'`);
  writeFileSync(
    join(folder, 'rules.yml'),
    `groups: [{ name: bench, rules: [{ alert: EndpointDown, expr: 'probe_success == 0' }] }]\n`,
  );
  writeFileSync(
    join(folder, 'prometheus.yml'),
    `${options.every ? `global: { scrape_interval: ${options.every}, evaluation_interval: ${options.every} }\n` : ''}
scrape_configs:
  - job_name: web
    metrics_path: /probe
    params: { module: [http_2xx] }
    static_configs: [{ targets: [${targets.join(', ')}] }]
    relabel_configs:
      - { source_labels: [__address__], target_label: __param_target }
      - { source_labels: [__param_target], target_label: instance }
      - { target_label: __address__, replacement: '127.0.0.1:${probePort}' }
${
  options.alerting
    ? `rule_files: [rules.yml]\nalerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:${alertPort}'] }] }] }\n`
    : ''
}`,
  );
  return freePort().then((port) =>
    startServer({
      command: required(prometheus),
      args: [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      folder,
      ready: /Server is ready to receive web requests/,
    }),
  );
}
