import type { Outcome } from '../../core/sample.ts';
import { type ScalingWatch, watchScaling } from '../../core/scaling/watch.ts';
import type { ConnectContext } from '../../core/system.ts';
import { type Listening, portsIn } from '../../machine/listeners.ts';
import type { ProcessConfig } from './config.ts';
import { ofCopy } from './copy-words.ts';

/** What was seen of the process when it last ran. */
export interface LastSeen {
  readonly pid: number;
  readonly startTicks: number;
  readonly uid: number | undefined;
  readonly listens: readonly Listening[];
  /** The first file that it logs to; undefined where none can be seen. */
  readonly log: string | undefined;
  readonly at: number;
}

/** A process that Upkeep started. */
export interface Started {
  readonly pid: number;
  readonly at: number;
  /** `exit code 1`, `signal SIGSEGV`; undefined while it runs. */
  readonly ended: string | undefined;
  /** Why its pid file could not be written, with the remedy. */
  readonly withoutPidFile: string | undefined;
}

export interface ProcessConnection {
  readonly config: ProcessConfig;
  readonly folder: string;
  /** The look that is under way. */
  looking: Promise<Outcome> | undefined;
  lastSeen: LastSeen | undefined;
  lastStart: Started | undefined;
  /** How often another process was found in the place of the one before. */
  replacements: number;
  /** Times of restarts, for the breaker. */
  readonly restarts: number[];
  /** With `scale`: every copy there may be, this one first; alone by itself without. */
  readonly copies: readonly ProcessConnection[];
  readonly watch: ScalingWatch | undefined;
}

/** At which it listened when it was last seen. */
export function lastPorts({ lastSeen }: ProcessConnection): number[] {
  return portsIn(lastSeen?.listens ?? []);
}

export function connect(config: ProcessConfig, ctx: ConnectContext): ProcessConnection {
  const { scale } = config;
  const further = Array.from({ length: (scale?.max ?? 1) - 1 }, (_, index) =>
    one(ofCopy(config, index + 1), ctx.folder, []),
  );
  return one(ofCopy(config, 0), ctx.folder, further, scale && watchScaling(scale));
}

function one(
  config: ProcessConfig,
  folder: string,
  further: readonly ProcessConnection[],
  watch?: ScalingWatch,
): ProcessConnection {
  const self: ProcessConnection = {
    config,
    folder,
    looking: undefined,
    lastSeen: undefined,
    lastStart: undefined,
    replacements: 0,
    restarts: [],
    get copies() {
      return [self, ...further];
    },
    watch,
  };
  return self;
}
