import type { ConnectContext } from '../../core/system.ts';
import type { DeliveryConfig } from './config.ts';
import { type Releases, releasesOf } from './releases.ts';

export interface DeliveryConnection {
  readonly config: DeliveryConfig;
  readonly releases: Releases;
  /** Releases that were seen in force here. */
  readonly seen: Set<string>;
}

export function connect(config: DeliveryConfig, { folder }: ConnectContext): DeliveryConnection {
  return { config, releases: releasesOf(config, folder), seen: new Set() };
}
