import { defineSystem } from '../../core/system.ts';
import { createClient } from './client.ts';
import { statusPageConfig } from './config.ts';
import { pageProbe } from './probes/page.ts';

export const statusPage = defineSystem({
  kind: 'status-page',
  summary: 'The status page of a third party: its components and incidents as it tells them',
  config: statusPageConfig,
  connect: createClient,
  close: async () => {},
  address(config) {
    const url = new URL(config.url);
    return `${url.origin}${url.pathname}`;
  },
  probes: [pageProbe],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [],
  actions: [],
});
