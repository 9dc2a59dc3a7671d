/** Binds the configured targets and notifiers to their systems and kinds; what has not changed is kept open. */

import { canonical } from './core/canonical.ts';
import type { Configuration, TargetSettings } from './core/configuration.ts';
import { failoverPartOf, pairedServersOf } from './core/failover.ts';
import type { Inbox } from './core/inbox.ts';
import { logMetrics } from './core/log/metric.ts';
import type { BoundNotifier, NotifierEntry } from './core/notifier.ts';
import type { BoundTarget, SystemEntry } from './core/system.ts';
import type { Clock } from './core/time.ts';
import { topologyOf } from './core/topology.ts';
import type { Estate, Watched } from './pipeline/bound.ts';

export function bindEstate(
  configuration: Configuration,
  systems: readonly SystemEntry[],
  clock: Clock,
  before?: Estate,
  inboxOf?: (target: string) => Inbox,
): Estate {
  const byKind = new Map(systems.map((system) => [system.kind, system]));
  const targets = new Map<string, Watched>();
  for (const settings of configuration.targets) {
    const system = byKind.get(settings.system);
    if (!system) throw new Error(`no system is called ${settings.system}`);
    const known = before?.targets.get(settings.name);
    const part = partOf(configuration, settings.name);
    const bound =
      known &&
      isSame(known.settings, settings) &&
      canonical(known.failover ?? null) === canonical(part.failover ?? null) &&
      canonical(known.paired ?? null) === canonical(part.paired ?? null)
        ? known.bound
        : bindTarget(system, settings, configuration, { clock, inboxOf });
    const measured = [
      ...system.probes.map((probe) => probe.metrics),
      ...(settings.logs?.length ? [logMetrics] : []),
    ];
    const metrics = Object.assign({}, ...measured) as Watched['metrics'];
    targets.set(settings.name, { settings, bound, metrics, ...part });
  }
  for (const [name, watched] of targets) {
    const guests = guestsOf(name, configuration, byKind, { clock, inboxOf });
    if (guests.length > 0) targets.set(name, { ...watched, guests });
  }
  return { targets, topology: topologyOf(configuration, (name) => targets.get(name)?.bound.address) };
}

function bindTarget(
  system: SystemEntry,
  settings: TargetSettings,
  configuration: Configuration,
  ctx: BindContext,
): BoundTarget {
  return bindAs(settings.name, system, settings, configuration, ctx);
}

interface BindContext {
  readonly clock: Clock;
  readonly inboxOf: ((target: string) => Inbox) | undefined;
}

function bindAs(
  target: string,
  system: SystemEntry,
  settings: TargetSettings,
  configuration: Configuration,
  { clock, inboxOf }: BindContext,
): BoundTarget {
  const { folder, timezone } = configuration;
  const inbox = inboxOf ? { inbox: inboxOf(target) } : {};
  const part = target === settings.name ? partOf(configuration, target) : {};
  return system.bind(settings.settings, { clock, folder, timezone, target, ...inbox, ...part });
}

/** What a target has to do with `failover:`. */
function partOf(configuration: Configuration, target: string): Pick<Watched, 'failover' | 'paired'> {
  const failover = failoverPartOf(configuration, target);
  const paired = pairedServersOf(configuration, target);
  return { ...(failover ? { failover } : {}), ...(paired.length > 0 ? { paired } : {}) };
}

/** One of each kind is enough: the inbox of a target holds what every source says of it. */
function guestsOf(
  name: string,
  configuration: Configuration,
  byKind: ReadonlyMap<string, SystemEntry>,
  ctx: BindContext,
): BoundTarget['checks'] {
  const hosts = new Map(configuration.targets.map((settings) => [settings.system, settings]));
  return [...hosts].flatMap(([kind, settings]) => {
    const system = byKind.get(kind);
    const isOwn = configuration.targets.some((one) => one.name === name && one.system === kind);
    if (!system || isOwn || !system.probes.some((probe) => probe.forOthers)) return [];
    const { checks } = bindAs(name, system, settings, configuration, ctx);
    return checks.filter(({ probe }) => probe.forOthers);
  });
}

function isSame(a: TargetSettings, b: TargetSettings): boolean {
  return a.system === b.system && canonical(a.settings) === canonical(b.settings);
}

export function bindNotifiers(
  configuration: Configuration,
  notifiers: readonly NotifierEntry[],
): Map<string, BoundNotifier> {
  const byKind = new Map(notifiers.map((notifier) => [notifier.kind, notifier]));
  const channels = new Map<string, BoundNotifier>();
  for (const { name, kind, settings } of configuration.notifiers) {
    const entry = byKind.get(kind);
    if (!entry) throw new Error(`no notifier is called ${kind}`);
    channels.set(name, entry.bind(settings));
  }
  return channels;
}
