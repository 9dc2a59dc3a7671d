/** Starts the Upkeep that watches a sandbox, and asks it by its verbs. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../app.ts';
import { formatProblem } from '../config/problem.ts';
import { readConfiguration } from '../config/read.ts';
import type { Configuration } from '../core/configuration.ts';
import type { NotifierEntry } from '../core/notifier.ts';
import type { SystemEntry } from '../core/system.ts';
import type { Clock } from '../core/time.ts';
import { scopes } from '../core/verb.ts';
import type { ActionView, IncidentDetail, IncidentView, Overview, TargetDetail } from '../core/view.ts';
import type { Watch } from '../drills/drill.ts';
import { silentLog } from '../log.ts';
import { verbNamed } from '../verbs/index.ts';

const actor = { name: 'drill', scopes };

interface SandboxWorld {
  readonly clock: Clock;
  readonly systems: readonly SystemEntry[];
  readonly notifiers: readonly NotifierEntry[];
}

/** @param text an `upkeep.yaml`; it listens on a free port of 127.0.0.1 and keeps its store below the folder */
export async function watchSandbox(text: string, folder: string, world: SandboxWorld): Promise<Watch> {
  const { systems, notifiers } = world;
  mkdirSync(folder, { mode: 0o700 });
  const file = join(folder, 'upkeep.yaml');
  writeFileSync(file, text, { mode: 0o600 });
  const reading = readConfiguration({ file, text, env: {}, systems, notifiers, readFile: () => '' });
  if (!reading.configuration)
    throw new Error(
      `the sandbox's configuration is wrong: ${reading.problems.map(formatProblem).join('; ')}`,
    );
  return watchWith(reading.configuration, folder, world);
}

/** The same for a configuration that was read already; what it says of the store and the address is left out. */
export async function watchWith(
  configuration: Configuration,
  folder: string,
  { clock, systems, notifiers }: SandboxWorld,
): Promise<Watch> {
  const app = await createApp({
    configuration: {
      ...configuration,
      listen: { host: '127.0.0.1', port: 0 },
      store: { kind: 'sqlite', folder: join(folder, 'data') },
    },
    file: join(folder, 'upkeep.yaml'),
    clock,
    log: silentLog,
    print: () => {},
    systems,
    notifiers,
    web: join(folder, 'no-dashboard'),
  });
  const call: Watch['call'] = (verb, input) => verbNamed(verb).call(app.ctx, input, actor);
  return {
    call,
    overview: async () => (await call('status.show', {})) as Overview,
    target: async (name) => (await call('target.show', { name })) as TargetDetail,
    incidents: async () => (await call('incident.list', { status: 'all', limit: 20 })) as IncidentView[],
    incident: async (id) => (await call('incident.show', { id })) as IncidentDetail,
    actions: async () => (await call('action.list', { limit: 50 })) as ActionView[],
    stop: () => app.stop(),
  };
}
