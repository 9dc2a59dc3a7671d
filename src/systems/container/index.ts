import { defineSystem } from '../../core/system.ts';
import { lifecycle } from './actions/lifecycle.ts';
import { scale } from './actions/scale.ts';
import { signal } from './actions/signal.ts';
import { connect } from './client.ts';
import { containerConfig } from './config.ts';
import { crashLoop, missingEnvironment, outOfMemory, portConflict, unhealthy } from './diagnoses/findings.ts';
import { load } from './diagnoses/load.ts';
import { discover } from './discover.ts';
import { copies } from './probes/copies.ts';
import { liveness } from './probes/liveness.ts';
import { state } from './probes/state.ts';
import { storage } from './probes/storage.ts';
import { usage } from './probes/usage.ts';

export const container = defineSystem({
  kind: 'container',
  summary: 'Containers of Docker or Podman on one machine, by the Docker API',
  config: containerConfig,
  connect,
  close: async () => {},
  address: ({ socket }) => socket,
  probes: [liveness, state, usage, storage, copies],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [outOfMemory, portConflict, missingEnvironment, crashLoop, unhealthy, load],
  actions: [...lifecycle, signal, scale],
  discover,
});
