import { defineSystem } from '../../core/system.ts';
import { isReachedAt } from '../../machine/local-listeners.ts';
import { describeCommand } from '../../machine/processes.ts';
import { signal, start, stop } from './actions/lifecycle.ts';
import { restart } from './actions/restart.ts';
import { resume } from './actions/resume.ts';
import { scale } from './actions/scale.ts';
import { processConfig } from './config.ts';
import { connect } from './connection.ts';
import { frozen } from './diagnoses/frozen.ts';
import { gone } from './diagnoses/gone.ts';
import { load } from './diagnoses/load.ts';
import { logs } from './logs.ts';
import { copies } from './probes/copies.ts';
import { state } from './probes/state.ts';

export const processSystem = defineSystem({
  kind: 'process',
  summary: 'A process of this machine, known by its pid file or command line',
  config: processConfig,
  connect,
  close: async () => {},
  address: (config) => config.pidFile ?? config.match ?? describeCommand(config.start ?? []),
  probes: [state, copies],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [gone, frozen, load],
  actions: [restart, resume, start, stop, signal, scale],
  logs,
  // Of several copies the end of one is not the end of all.
  listensAt: ({ copies: [own, ...further] }, at) =>
    further.length === 0 && own?.lastSeen?.listens.some((one) => isReachedAt(one, at)) === true,
});
