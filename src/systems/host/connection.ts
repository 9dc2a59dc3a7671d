import type { Snapshot } from '../../core/change.ts';
import { type HostConfig, hostConfig } from './config.ts';

/** What the host's probes remember between two runs. */
export interface HostConnection {
  readonly config: HostConfig;
  /** Mount points that were writable when seen: read-only later means that the kernel gave up on them. */
  readonly writable: Set<string>;
  /** As read last, with when the file was written. */
  packages: { readonly writtenAt: number; readonly snapshot: Snapshot } | undefined;
}

export function connect(config: HostConfig = hostConfig.parse({})): HostConnection {
  return { config, writable: new Set(), packages: undefined };
}
