import { defineSystem } from '../../core/system.ts';
import { createClient } from './client.ts';
import { prometheusConfig } from './config.ts';
import { metricsProbe } from './probes/metrics.ts';

export const prometheus = defineSystem({
  kind: 'prometheus',
  summary: 'Metrics of an application: scraped where it exposes them, or asked of a Prometheus server',
  config: prometheusConfig,
  connect: (config, { folder }) => createClient(config, folder),
  close: async () => {},
  address(config) {
    const url = new URL(config.url);
    return `${url.origin}${url.pathname}`;
  },
  probes: [metricsProbe],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [],
  actions: [],
});
