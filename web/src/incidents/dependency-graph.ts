/** Who needs whom around an incident, in layers: services above, what everything stands on below, the cause lit. Pure. */
import { causeAmong } from '../../../src/core/diagnosis.ts';
import type { Health, IncidentDetail, Overview } from '../../../src/core/view.ts';

export type Part = 'cause' | 'affected' | 'near';

export interface GraphNode {
  /** `target:db`, `service:shop` */
  readonly id: string;
  readonly name: string;
  readonly kind: 'service' | 'target';
  readonly system: string | null;
  readonly part: Part;
  /** How it stands now; of a service as of a target. */
  readonly health: Health;
  /** Layer from the top, and place of so many in it. */
  readonly layer: number;
  readonly place: number;
  readonly of: number;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** Trouble goes up along it. */
  readonly isLit: boolean;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly layers: number;
  readonly causes: readonly string[];
  /** Affected targets that have no room. */
  readonly leftOut: number;
}

type Estate = Pick<Overview, 'targets' | 'services'>;
type Trouble = Pick<IncidentDetail, 'lead' | 'targets' | 'findings'>;

/** More side by side cannot be read on a phone. */
const widest = 5;
const likely = 0.5;
const sure = 0.8;

export function dependencyGraph(trouble: Trouble, estate: Estate): Graph | null {
  const targets = new Map(estate.targets.map((target) => [target.name, target]));
  const first = causeAmong(trouble.findings);
  // What nothing below can make so is lit beside the first.
  const beside = trouble.findings.filter((one) => one.isByItself === true && one.confidence >= sure);
  const causes =
    first !== undefined && first.confidence >= likely
      ? [...new Set([first, ...beside].map(({ target }) => target))]
      : [trouble.lead];
  const known = [...new Set([...causes, ...trouble.targets])].filter((name) => targets.has(name));
  const near = known
    .flatMap((name) => targets.get(name)?.dependsOn ?? [])
    .filter((name) => targets.has(name));
  const names = [...new Set([...known, ...near])];
  const services = estate.services.filter((service) => service.targets.some((name) => known.includes(name)));
  const needs = new Map<string, string[]>();
  for (const name of names) {
    const below = targets.get(name)?.dependsOn ?? [];
    needs.set(targetId(name), below.filter((one) => names.includes(one) && one !== name).map(targetId));
  }
  for (const { name, targets: own } of services)
    needs.set(`service:${name}`, own.filter((one) => names.includes(one)).map(targetId));
  if ([...needs.values()].every((below) => below.length === 0)) return null;
  const partOf = (id: string): Part => {
    const name = id.slice(id.indexOf(':') + 1);
    if (id.startsWith('target:') && causes.includes(name)) return 'cause';
    return id.startsWith('service:') || trouble.targets.includes(name) ? 'affected' : 'near';
  };
  const layerOf = layering(needs);
  const rows = rowsOf([...needs.keys()], layerOf, partOf);
  const nodes = rows.shown.flatMap((row, layer) =>
    row.map((id, place): GraphNode => {
      const name = id.slice(id.indexOf(':') + 1);
      const kind = id.startsWith('service:') ? 'service' : 'target';
      const own = kind === 'target' ? targets.get(name) : services.find((one) => one.name === name);
      const system = kind === 'target' ? (targets.get(name)?.system ?? null) : null;
      const about = { name, kind, system, part: partOf(id), health: own?.health ?? 'unknown' } as const;
      return { id, ...about, layer, place, of: row.length };
    }),
  );
  const drawn = new Set(nodes.map(({ id }) => id));
  const edges = withoutDetours(needs).filter(({ from, to }) => drawn.has(from) && drawn.has(to));
  const isIll = (id: string) => partOf(id) !== 'near';
  return {
    nodes,
    edges: edges.map((edge) => ({ ...edge, isLit: isIll(edge.from) && isIll(edge.to) })),
    layers: rows.shown.length,
    causes,
    leftOut: rows.leftOut,
  };
}

const targetId = (name: string) => `target:${name}`;

type Needs = ReadonlyMap<string, readonly string[]>;

/** What needs something stands above it, however far. A ring is cut where it closes. */
function layering(needs: Needs): (id: string) => number {
  const depth = new Map<string, number>();
  const heightOf = (id: string, above: readonly string[]): number => {
    const known = depth.get(id);
    if (known !== undefined) return known;
    const below = (needs.get(id) ?? []).filter((one) => !above.includes(one));
    const height = Math.max(-1, ...below.map((one) => heightOf(one, [...above, id]))) + 1;
    depth.set(id, height);
    return height;
  };
  const heights = [...needs.keys()].map((id) => heightOf(id, [id]));
  const highest = Math.max(0, ...heights);
  // A service always stands on top.
  return (id) => (id.startsWith('service:') ? 0 : highest - (depth.get(id) ?? 0));
}

const weights: Readonly<Record<Part, number>> = { cause: 0, affected: 1, near: 2 };

function rowsOf(ids: readonly string[], layerOf: (id: string) => number, partOf: (id: string) => Part) {
  const rows = new Map<number, string[]>();
  for (const id of ids) rows.set(layerOf(id), [...(rows.get(layerOf(id)) ?? []), id]);
  let leftOut = 0;
  const shown = [...rows]
    .sort(([a], [b]) => a - b)
    .map(([, row]) => {
      const kept = [...row].sort((a, b) => weights[partOf(a)] - weights[partOf(b)] || (a < b ? -1 : 1));
      leftOut += kept.slice(widest).filter((id) => partOf(id) === 'affected').length;
      return kept.slice(0, widest);
    });
  return { shown, leftOut };
}

/** An edge is left out where a longer way leads to the same. */
function withoutDetours(needs: Needs): Pick<GraphEdge, 'from' | 'to'>[] {
  const reaches = (from: string, to: string, seen: Set<string>): boolean => {
    if (from === to) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    return (needs.get(from) ?? []).some((next) => reaches(next, to, seen));
  };
  return [...needs].flatMap(([from, below]) =>
    below
      .filter((to) => !below.some((other) => other !== to && reaches(other, to, new Set([from]))))
      .map((to) => ({ from, to })),
  );
}

/** The graph in one sentence each, for those who do not see it. */
export function graphWords({ edges, causes }: Graph): string {
  const name = (id: string) => id.slice(id.indexOf(':') + 1);
  const needs = edges.map(({ from, to }) => `${name(from)} needs ${name(to)}`);
  return `The cause is in ${causes.join(' and ')}. ${needs.join(', ')}.`;
}
