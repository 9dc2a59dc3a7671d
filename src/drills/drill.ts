import type { DrillPlan, SeenFinding } from '../core/drill/drill.ts';
import type { SystemEntry } from '../core/system.ts';
import type { Clock } from '../core/time.ts';
import type { ActionView, IncidentDetail, IncidentView, Overview, TargetDetail } from '../core/view.ts';
import type { Stack } from '../demo/stack.ts';
import type { Containers } from './parts/containers.ts';
import type { Disk } from './parts/disk.ts';
import type { Mariadb } from './parts/mariadb.ts';
import type { Names } from './parts/names.ts';
import type { Nginx } from './parts/nginx.ts';
import type { Outside } from './parts/outside.ts';
import type { Pair } from './parts/pair.ts';
import type { Rabbitmq } from './parts/rabbitmq.ts';
import type { Twins } from './parts/twins.ts';
import type { Vault } from './parts/vault.ts';

/** Upkeep as a drill uses it: the verbs of the one that watches the sandbox. */
export interface Watch {
  /** Throws what the verb throws. */
  call(verb: string, input: Readonly<Record<string, unknown>>): Promise<unknown>;
  overview(): Promise<Overview>;
  target(name: string): Promise<TargetDetail>;
  incidents(): Promise<readonly IncidentView[]>;
  incident(id: string): Promise<IncidentDetail>;
  actions(): Promise<readonly ActionView[]>;
  stop(): Promise<void>;
}

/** In the order in which they are used. */
export const labs = [
  'shop',
  'mysql',
  'broker',
  'front',
  'twins',
  'vault',
  'containers',
  'outside',
  'disk',
  'machine',
] as const;
export type LabName = (typeof labs)[number];

/** Where a drill is played, with an Upkeep of its own that watches it. */
export interface Ground {
  readonly clock: Clock;
  /** Ends the drill that is played; what it did is taken back. */
  readonly signal?: AbortSignal;
  readonly watch: Watch;
  /** What no drill and no action may leave changed, by names that say where it is. */
  state(): Promise<Readonly<Record<string, string>>>;
}

/** A sandbox that watches itself: real servers of our own in a fresh folder. */
export interface Lab extends Ground {
  readonly stack: Stack;
  /** In the lab `mysql`. */
  readonly mariadb?: Mariadb;
  /** In the lab `broker`. */
  readonly rabbitmq?: Rabbitmq;
  /** In the lab `containers`. */
  readonly containers?: Containers;
  /** In the lab `front`. */
  readonly pair?: Pair;
  readonly nginx?: Nginx;
  readonly names?: Names;
  /** In the lab `twins`. */
  readonly twins?: Twins;
  /** In the lab `vault`. */
  readonly vault?: Vault;
  /** In the lab `outside`. */
  readonly outside?: Outside;
  /** In the lab `disk`. */
  readonly disk?: Disk;
}

export type Undo = () => Promise<void>;

/** What is done on its ground, and what is seen there. */
export interface Play<On extends Ground> extends DrillPlan {
  /** What must be there before the fault and is no part of it. */
  prepare?(ground: On): Promise<Undo>;
  /** Returns once the fault is there, with what takes it back, which does no harm where Upkeep ended it already. */
  inject(ground: On): Promise<Undo>;
  /** Whether users feel it now. */
  symptom?(ground: On): Promise<boolean>;
  /** What Upkeep says elsewhere than in incidents, in the words of `causes`: of what no diagnosis names. */
  saw?(ground: On): Promise<readonly SeenFinding[]>;
  /** How long Upkeep has for all that is expected of it; a control is watched as long. A minute where left out. */
  readonly withinMs?: number;
  /** Parts of the state (see state.ts) that may differ afterwards, as beginnings of their names. */
  readonly mayDiffer?: readonly string[];
}

export interface Drill extends Play<Lab> {
  readonly lab: LabName;
  /** Why it cannot be played on this machine or this Upkeep; null where it can. */
  lacks(world: { readonly systems: readonly SystemEntry[] }): string | null;
}

/** The first of these reasons that is one. */
export function firstLack(...reasons: readonly (string | null)[]): string | null {
  return reasons.find((reason) => reason !== null) ?? null;
}
