import type { Snapshot } from '../../core/change.ts';
import { type HostConfig, hostConfig } from './config.ts';

/** What the host's probes remember between two runs. */
export interface HostConnection {
  readonly config: HostConfig;
  /** Mount points that were writable when seen: read-only later means that the kernel gave up on them. */
  readonly writable: Set<string>;
  /** As read last, with when the file was written. */
  packages: { readonly writtenAt: number; readonly snapshot: Snapshot } | undefined;
  /** Undeclared ports that were open since Upkeep watches. */
  readonly openPorts: Set<number>;
  /** Units of systemd that failed since Upkeep watches. */
  readonly failedUnits: Set<string>;
  /** Kills for want of memory: how the counters stood last, and which rose since. */
  readonly kills: {
    total: number | undefined;
    byCgroup: ReadonlyMap<string, number>;
    readonly rises: { readonly at: number; readonly cgroup: string; readonly kills: number }[];
  };
}

export function connect(config: HostConfig = hostConfig.parse({})): HostConnection {
  return {
    config,
    writable: new Set(),
    packages: undefined,
    failedUnits: new Set(),
    openPorts: new Set(),
    kills: { total: undefined, byCgroup: new Map(), rises: [] },
  };
}
