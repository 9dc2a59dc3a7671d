import { defineSystem } from '../../core/system.ts';
import { reload } from './actions/reload.ts';
import { restoreLastGood } from './actions/restore-last-good.ts';
import { address, connect } from './client.ts';
import { nginxConfig } from './config.ts';
import { brokenConfiguration } from './diagnoses/broken-configuration.ts';
import { limitsExhausted } from './diagnoses/limits-exhausted.ts';
import { unreachableServer } from './diagnoses/unreachable.ts';
import { upstreamErrors } from './diagnoses/upstream-errors.ts';
import { discover } from './discover.ts';
import { logs } from './logs.ts';
import { accessLog } from './probes/access-log.ts';
import { configuration } from './probes/configuration.ts';
import { errorLog } from './probes/error-log.ts';
import { liveness } from './probes/liveness.ts';
import { workers } from './probes/workers.ts';

export const nginx = defineSystem({
  kind: 'nginx',
  summary: 'An nginx server or proxy, by stub_status, its logs and its configuration',
  config: nginxConfig,
  connect,
  close: async () => {},
  address,
  probes: [liveness, configuration, workers, accessLog, errorLog],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [unreachableServer, brokenConfiguration, limitsExhausted, upstreamErrors],
  actions: [reload, restoreLastGood],
  discover,
  logs,
});
