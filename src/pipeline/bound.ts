/** The targets in force with what their systems can do, as the composition root binds them. */
import type { TargetSettings } from '../core/configuration.ts';
import type { FailoverPart, PairedServer } from '../core/failover.ts';
import type { Metric } from '../core/sample.ts';
import type { BoundTarget } from '../core/system.ts';
import type { Topology } from '../core/topology.ts';

export interface Watched {
  readonly settings: TargetSettings;
  readonly bound: BoundTarget;
  readonly metrics: Readonly<Record<string, Metric>>;
  /** Checks of other targets that bring word of this one. */
  readonly guests?: BoundTarget['checks'];
  /** The pair of `failover:` it was bound with. */
  readonly failover?: FailoverPart;
  /** Servers of a proxy that `failover:` switches between, as it was bound with them. */
  readonly paired?: readonly PairedServer[];
}

export interface Estate {
  readonly targets: ReadonlyMap<string, Watched>;
  readonly topology: Topology;
}
