/** Who needs whom: the graph of `dependsOn` between targets, read from services and targets. */
import type { Configuration } from './configuration.ts';

export interface Topology {
  /** Targets that this one needs directly. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
  /** Names of the services that a target belongs to. */
  readonly servicesOf: ReadonlyMap<string, readonly string[]>;
}

export function topologyOf(configuration: Pick<Configuration, 'targets' | 'services'>): Topology {
  const services = new Map(configuration.services.map((service) => [service.name, service]));
  const needs = new Map<string, string[]>();
  const servicesOf = new Map<string, string[]>();
  const add = (map: Map<string, string[]>, key: string, value: string) => {
    const list = map.get(key) ?? [];
    if (key !== value && !list.includes(value)) list.push(value);
    map.set(key, list);
  };
  for (const target of configuration.targets) {
    for (const name of target.dependsOn) add(needs, target.name, name);
  }
  for (const service of configuration.services) {
    const below = service.dependsOn.flatMap((name) => services.get(name)?.targets ?? [name]);
    for (const target of service.targets) {
      add(servicesOf, target, service.name);
      for (const name of below) add(needs, target, name);
    }
  }
  return { needs, servicesOf };
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

/** Whether one of two targets needs the other, or both belong to one service, or they are the same. */
export function areJoined(topology: Topology, a: string, b: string): boolean {
  if (a === b) return true;
  if (dependenciesOf(topology, a).includes(b) || dependenciesOf(topology, b).includes(a)) return true;
  const services = topology.servicesOf.get(a) ?? [];
  return (topology.servicesOf.get(b) ?? []).some((name) => services.includes(name));
}

/** Services that a target's trouble reaches: its own and those of everything that needs it. */
export function servicesReached(topology: Topology, target: string): string[] {
  const names = new Set<string>();
  for (const name of [target, ...dependentsOf(topology, target)]) {
    for (const service of topology.servicesOf.get(name) ?? []) names.add(service);
  }
  return [...names].sort();
}
