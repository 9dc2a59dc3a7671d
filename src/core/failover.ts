/** What `failover:` says of a pair of servers, and what the one that takes over is told of it. Pure. */
import type { Configuration } from './configuration.ts';
import { matches } from './guard/policy.ts';

/** How clients are led to the other server. */
export type FailoverSwitch =
  | {
      readonly by: 'proxy';
      /** The target of system haproxy. */
      readonly proxy: string;
      readonly backend: string;
      /** Names of servers in that backend. */
      readonly primary: string;
      readonly replica: string;
    }
  | {
      readonly by: 'programs';
      /** Prints the name of the target that clients are led to now. */
      readonly show: readonly string[];
      /** `{target}` stands for the name of the target. */
      readonly to: readonly string[];
    };

export interface FailoverSettings {
  /** Name under `failover:`. */
  readonly name: string;
  /** Names of targets. */
  readonly primary: string;
  readonly replica: string;
  /** A program that ends only when the old primary surely writes nothing any more; null where none is declared. */
  readonly fence: readonly string[] | null;
  readonly switch: FailoverSwitch;
  /** `host:port` that clients connect to; a write goes through it before a failover counts as done. */
  readonly through: string;
}

/** One side of a pair, as its connection is told. Holds secrets of the other side. */
export interface FailoverPart {
  readonly settings: FailoverSettings;
  readonly side: 'primary' | 'replica';
  /** Settings of the other target. */
  readonly other: Readonly<Record<string, unknown>>;
  /** Runtime API of the proxy as its target declares it; null where programs switch. */
  readonly socket: string | null;
}

/** A server of a proxy that a failover leads clients to or from: which of the two takes writes is decided there alone. */
export interface PairedServer {
  /** Name under `failover:`. */
  readonly pair: string;
  readonly side: 'primary' | 'replica';
  /** Name of the target. */
  readonly target: string;
  readonly backend: string;
  /** As the backend names it. */
  readonly server: string;
}

/** Those of one target of system haproxy. */
export function pairedServersOf(
  { failovers = [] }: Pick<Configuration, 'failovers'>,
  proxy: string,
): PairedServer[] {
  return failovers.flatMap(({ name, switch: way, ...pair }) =>
    way.by === 'proxy' && way.proxy === proxy
      ? (['primary', 'replica'] as const).map((side) => ({
          ...{ pair: name, side, target: pair[side], backend: way.backend, server: way[side] },
        }))
      : [],
  );
}

/** The target whose backups hold what this one has: a replica that is not backed up itself has what its primary has. */
export function backedUpAs(
  { failovers = [], backups }: Pick<Configuration, 'failovers' | 'backups'>,
  target: string,
): string {
  if (backups.some((one) => one.target === target)) return target;
  return failovers.find(({ replica }) => replica === target)?.primary ?? target;
}

/** The pair that a target belongs to; undefined where it belongs to none. */
export function failoverPartOf(
  { failovers = [], targets }: Pick<Configuration, 'failovers' | 'targets'>,
  target: string,
): FailoverPart | undefined {
  const settings = failovers.find(({ primary, replica }) => target === primary || target === replica);
  if (settings === undefined) return undefined;
  const named = (name: string) => targets.find((one) => one.name === name)?.settings ?? {};
  const side = settings.primary === target ? 'primary' : 'replica';
  const { socket } = settings.switch.by === 'proxy' ? named(settings.switch.proxy) : {};
  return {
    settings,
    side,
    other: named(side === 'primary' ? settings.replica : settings.primary),
    socket: typeof socket === 'string' ? socket : null,
  };
}

/** Of pairs whose promotion no line of the guard lets happen: at night it would be refused whoever asks for it. */
export function unnamedPromotions({
  failovers = [],
  targets,
  guard,
}: Pick<Configuration, 'failovers' | 'targets' | 'guard'>): string[] {
  return failovers.flatMap(({ name, replica }) => {
    const system = targets.find((target) => target.name === replica)?.system ?? 'postgres';
    const action = `${system}.promote`;
    const isNamed = [...guard.ask, ...guard.always].some(
      (rule) => matches(rule.action, action) && matches(rule.target, replica),
    );
    return isNamed
      ? []
      : [
          `failover.${name}: the guard would refuse ${action} on ${replica}, since no policy names it; write "${action} on ${replica}" below guard.ask`,
        ];
  });
}
