/** Binds the configured targets and notifiers to their systems and kinds; what has not changed is kept open. */

import { canonical } from './core/canonical.ts';
import type { Configuration, TargetSettings } from './core/configuration.ts';
import type { NotifierEntry } from './core/notifier.ts';
import type { BoundTarget, SystemEntry } from './core/system.ts';
import type { Clock } from './core/time.ts';
import { topologyOf } from './core/topology.ts';
import type { Estate, Watched } from './pipeline/bound.ts';
import type { Send } from './pipeline/notify.ts';

export function bindEstate(
  configuration: Configuration,
  systems: readonly SystemEntry[],
  clock: Clock,
  before?: Estate,
): Estate {
  const byKind = new Map(systems.map((system) => [system.kind, system]));
  const targets = new Map<string, Watched>();
  for (const settings of configuration.targets) {
    const system = byKind.get(settings.system);
    if (!system) throw new Error(`no system is called ${settings.system}`);
    const known = before?.targets.get(settings.name);
    const bound =
      known && isSame(known.settings, settings)
        ? known.bound
        : bindTarget(system, settings, configuration, clock);
    const metrics = Object.assign({}, ...system.probes.map((probe) => probe.metrics)) as Watched['metrics'];
    targets.set(settings.name, { settings, bound, metrics });
  }
  return { targets, topology: topologyOf(configuration) };
}

function bindTarget(
  system: SystemEntry,
  settings: TargetSettings,
  configuration: Configuration,
  clock: Clock,
): BoundTarget {
  return system.bind(settings.settings, { clock, folder: configuration.folder });
}

function isSame(a: TargetSettings, b: TargetSettings): boolean {
  return a.system === b.system && canonical(a.settings) === canonical(b.settings);
}

export function bindNotifiers(
  configuration: Configuration,
  notifiers: readonly NotifierEntry[],
): Map<string, Send> {
  const byKind = new Map(notifiers.map((notifier) => [notifier.kind, notifier]));
  const channels = new Map<string, Send>();
  for (const { name, kind, settings } of configuration.notifiers) {
    const entry = byKind.get(kind);
    if (!entry) throw new Error(`no notifier is called ${kind}`);
    channels.set(name, entry.bind(settings).send);
  }
  return channels;
}
