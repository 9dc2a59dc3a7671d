/** What a command knows of the world it runs in. */
import type { NotifierEntry } from '../core/notifier.ts';
import type { SystemEntry } from '../core/system.ts';
import type { Clock } from '../core/time.ts';

export interface World {
  readonly clock: Clock;
  readonly systems: readonly SystemEntry[];
  readonly notifiers: readonly NotifierEntry[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The words that start Upkeep here (`called-as.ts`); `upkeep` where left out. */
  readonly call?: string;
}
