/** What the targets that the endpoint needs say of themselves. */
import type { Evidence } from '../../../core/evidence.ts';
import type { DiagnosisContext } from '../../../core/system.ts';

export interface Dependency {
  readonly target: string;
  /** Kind of its system; `?` where it has not been checked yet. */
  readonly kind: string;
  readonly up: boolean | undefined;
  readonly detail: string;
  /** A process that somebody stopped (state T): it only needs to be continued. */
  readonly isStopped: boolean;
}

/** Kinds whose liveness says something of an endpoint; each reports `<kind>.up`. */
const kinds = ['process', 'http', 'tcp', 'postgres', 'redis', 'mysql', 'tls', 'dns'];
const columns = ['target', 'kind', 'up', 'detail', 'stopped'];

export function dependencyEvidence(target: string, ctx: DiagnosisContext): Evidence[] {
  if (ctx.dependencies.length === 0) return [];
  const rows = ctx.dependencies.map((name) => {
    const kind = kindOf(name, ctx);
    const up = kind === undefined ? undefined : ctx.latest(name, `${kind}.up`)[0]?.value;
    const isFrozen = ctx.latest(name, 'process.frozen')[0]?.value === 1;
    const alert = ctx.alerts.find((each) => each.target === name && each.state !== 'resolved');
    return [name, kind ?? '?', up ?? null, ctx.detail(name) ?? alert?.detail ?? '', isFrozen];
  });
  const id = `${target}.dependencies`;
  return [
    {
      id,
      target,
      title: `What ${target} depends on`,
      at: ctx.clock.now(),
      how: 'the last checks of the targets named in dependsOn',
      table: { columns, rows },
    },
  ];
}

function kindOf(name: string, ctx: DiagnosisContext): string | undefined {
  const checked = kinds.find((kind) => ctx.latest(name, `${kind}.up`).length > 0);
  return checked ?? ctx.alerts.find((alert) => alert.target === name)?.rule.split('.')[0];
}

/** Reads the table back; pure. */
export function dependenciesIn(evidence: readonly Evidence[], target: string): Dependency[] {
  const table = evidence.find((each) => each.id === `${target}.dependencies`)?.table;
  return (table?.rows ?? []).map(([name, kind, up, detail, stopped]) => ({
    target: String(name),
    kind: String(kind),
    up: typeof up === 'number' ? up === 1 : undefined,
    detail: String(detail ?? ''),
    isStopped: stopped === true,
  }));
}

/**
 * Who sends an error text that came through `target`: the deepest endpoint below it that fails too (dependencies stand
 * nearest first). Undefined where endpoints are below it and none is known to fail: it may be any of them.
 */
export function speakerOf(target: string, dependencies: readonly Dependency[]): string | undefined {
  const endpoints = dependencies.filter((each) => each.kind === 'http');
  if (endpoints.length === 0) return target;
  return endpoints.findLast((each) => each.up === false)?.target;
}

export function isRefused(dependency: Dependency): boolean {
  return dependency.up === false && (dependency.kind === 'process' || /ECONNREFUSED/.test(dependency.detail));
}

export function isHanging(dependency: Dependency): boolean {
  return dependency.isStopped || (dependency.up === false && /^timeout after/.test(dependency.detail));
}
