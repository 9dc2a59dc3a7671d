import { defineSystem } from '../../core/system.ts';
import { address, connect } from './client.ts';
import { haproxyConfig } from './config.ts';
import { discover } from './discover.ts';
import { configuration } from './probes/configuration.ts';
import { liveness } from './probes/liveness.ts';
import { processProbe } from './probes/process.ts';
import { proxies } from './probes/proxies.ts';
import { servers } from './probes/servers.ts';

export const haproxy = defineSystem({
  kind: 'haproxy',
  summary: 'A HAProxy load balancer, by its runtime API',
  config: haproxyConfig,
  connect,
  close: async () => {},
  address,
  probes: [liveness, processProbe, servers, proxies, configuration],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [],
  actions: [],
  discover,
});
