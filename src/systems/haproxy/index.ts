import { defineSystem } from '../../core/system.ts';
import { addServer } from './actions/add-server.ts';
import { drainServer } from './actions/drain-server.ts';
import { readyServer } from './actions/ready-server.ts';
import { setFrontendMaxconn } from './actions/set-frontend-maxconn.ts';
import { setMaxconn } from './actions/set-maxconn.ts';
import { setWeight } from './actions/set-weight.ts';
import { suspendCheck } from './actions/suspend-check.ts';
import { address, connect } from './client.ts';
import { haproxyConfig } from './config.ts';
import { badServer } from './diagnoses/bad-server.ts';
import { saturated } from './diagnoses/saturated.ts';
import { serverDown, wrongCheck } from './diagnoses/server-down.ts';
import { takenOut } from './diagnoses/taken-out.ts';
import { socketDead, unreachableServer } from './diagnoses/unreachable.ts';
import { discover } from './discover.ts';
import { logs } from './logs.ts';
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
  diagnoses: [unreachableServer, socketDead, serverDown, wrongCheck, takenOut, badServer, saturated],
  actions: [drainServer, readyServer, setWeight, setMaxconn, setFrontendMaxconn, addServer, suspendCheck],
  discover,
  logs,
});
