/** Who needs whom: the graph of `dependsOn` between targets, read from services and targets. */
import type { Configuration, ServiceSettings } from './configuration.ts';
import { destinationOf } from './destination.ts';

export interface Topology {
  /** Targets that this one needs directly. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
  /** Names of the services that a target belongs to. */
  readonly servicesOf: ReadonlyMap<string, readonly string[]>;
  /** `127.0.0.1:8080` by target, of those that are reached at one TCP port; absent where nobody looked. */
  readonly placeOf?: ReadonlyMap<string, string>;
}

/**
 * A service may be called like one of its targets: names of targets and of services are two sets.
 *
 * @param addressOf what is shown as the address of a target: `http://127.0.0.1:8080/health`
 */
export function topologyOf(
  configuration: Pick<Configuration, 'targets' | 'services'>,
  addressOf?: (target: string) => string | undefined,
): Topology {
  const services = new Map(configuration.services.map((service) => [service.name, service]));
  const needs = new Map<string, string[]>();
  const servicesOf = new Map<string, string[]>();
  const add = (map: Map<string, string[]>, key: string, value: string) => {
    const list = map.get(key) ?? [];
    if (!list.includes(value)) list.push(value);
    map.set(key, list);
  };
  const addNeed = (target: string, below: string) => {
    if (target !== below) add(needs, target, below);
  };
  for (const target of configuration.targets) {
    for (const name of target.dependsOn) addNeed(target.name, name);
  }
  for (const service of configuration.services) {
    const below = targetsBelow(service, services);
    for (const target of service.targets) {
      add(servicesOf, target, service.name);
      for (const name of below) addNeed(target, name);
    }
  }
  if (!addressOf) return { needs, servicesOf };
  const placed = configuration.targets.flatMap(({ name }): [string, string][] => {
    const place = placeAt(addressOf(name) ?? '');
    return place === null ? [] : [[name, place]];
  });
  return { needs, servicesOf, placeOf: new Map(placed) };
}

/** Targets that a service names in `dependsOn`: a name of both is the other service, and its own name the target. */
export function targetsBelow(
  { name, dependsOn }: Pick<ServiceSettings, 'name' | 'dependsOn'>,
  services: ReadonlyMap<string, Pick<ServiceSettings, 'targets'>>,
): string[] {
  return dependsOn.flatMap((one) => (one === name ? undefined : services.get(one)?.targets) ?? [one]);
}

const thisMachine = ['localhost', '::1', '127.0.0.1'];

/** Names of this machine are one; null for what is no TCP port. */
function placeAt(address: string): string | null {
  const at = destinationOf(address);
  if (at === null) return null;
  const host = thisMachine.includes(at.host) ? '127.0.0.1' : at.host;
  return `${host.includes(':') ? `[${host}]` : host}:${at.port}`;
}

/** Every target that this one needs, nearest first, without itself. */
export function dependenciesOf(topology: Topology, target: string): string[] {
  const seen = new Set([target]);
  const found: string[] = [];
  for (let ring = [target]; ring.length > 0; ) {
    const next: string[] = [];
    for (const name of ring) {
      for (const below of topology.needs.get(name) ?? []) {
        if (seen.has(below)) continue;
        seen.add(below);
        found.push(below);
        next.push(below);
      }
    }
    ring = next;
  }
  return found;
}

/** Targets that need this one, directly or not. */
export function dependentsOf(topology: Topology, target: string): string[] {
  return [...topology.needs.keys()].filter(
    (name) => name !== target && dependenciesOf(topology, name).includes(target),
  );
}

/** Whether trouble of `below` reaches the target: it is the same, or needs it directly or not. */
export function restsOn(topology: Topology, target: string, below: string): boolean {
  return target === below || dependenciesOf(topology, target).includes(below);
}

/** Whether one of two targets needs the other, or they are the same. */
export function needEachOther(topology: Topology, a: string, b: string): boolean {
  return restsOn(topology, a, b) || restsOn(topology, b, a);
}

/** Whether one of two targets needs the other, or both belong to one service, or they are the same. */
export function areJoined(topology: Topology, a: string, b: string): boolean {
  if (needEachOther(topology, a, b)) return true;
  const services = topology.servicesOf.get(a) ?? [];
  return (topology.servicesOf.get(b) ?? []).some((name) => services.includes(name));
}

/**
 * The host and port that both targets are reached at: one thing listens there, or stands before them. Null where they
 * differ or are unknown. It says less than a declared need: many sites may lie behind one proxy.
 */
export function sharedPlace({ placeOf }: Topology, a: string, b: string): string | null {
  const place = placeOf?.get(a);
  return place !== undefined && place === placeOf?.get(b) ? place : null;
}

/** Services that a target's trouble reaches: its own and those of everything that needs it. */
export function servicesReached(topology: Topology, target: string): string[] {
  const names = new Set<string>();
  for (const name of [target, ...dependentsOf(topology, target)]) {
    for (const service of topology.servicesOf.get(name) ?? []) names.add(service);
  }
  return [...names].sort();
}
