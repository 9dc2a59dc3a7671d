import { defineSystem } from '../../core/system.ts';
import { hostAndPort } from '../../machine/network/dial.ts';
import { createClient } from './client.ts';
import { tcpConfig } from './config.ts';
import { lossyPort } from './diagnoses/lossy-way.ts';
import { unreachablePort } from './diagnoses/unreachable.ts';
import { logs } from './logs.ts';
import { connectProbe } from './probes/connect.ts';

export const tcp = defineSystem({
  kind: 'tcp',
  summary: 'A TCP port: connects, greets and answers as declared',
  config: tcpConfig,
  connect: (config) => createClient(config),
  close: async () => {},
  address: (config) => `tcp://${hostAndPort(config.host, config.port)}`,
  probes: [connectProbe],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [unreachablePort, lossyPort],
  actions: [],
  logs,
});
