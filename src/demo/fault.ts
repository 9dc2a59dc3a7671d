import type { Clock } from '../core/time.ts';
import type { DemoApi } from './api-process.ts';
import type { Certificates } from './certificate.ts';
import type { DemoPostgres } from './postgres.ts';
import type { DemoRedis } from './redis.ts';

/** What a fault may touch: the handles of one stack, nothing else on the machine. */
export interface Handles {
  readonly clock: Clock;
  readonly api: DemoApi;
  readonly postgres: DemoPostgres;
  readonly redis: DemoRedis | null;
  readonly certificates: Certificates | null;
}

export const faultNames = [
  'api-killed',
  'api-frozen',
  'blocked-transaction',
  'connections-exhausted',
  'redis-full',
  'wrong-password',
  'certificate-expired',
] as const;
export type FaultName = (typeof faultNames)[number];

export interface Fault {
  readonly name: FaultName;
  /** The key that injects it in the demo's terminal. */
  readonly key: string;
  readonly title: string;
  /** What is done, word for word. */
  readonly does: string;
  /** What Upkeep should make of it. */
  readonly expect: {
    /** The target that the rule and the diagnosis are of. */
    readonly target: string;
    readonly rule?: string;
    readonly diagnosis: string;
    /** Found instead where Upkeep looks at what lies below first, and mends it before the symptom is looked into. */
    readonly deeper?: { readonly target: string; readonly diagnosis: string };
    /** One of them mends it; which one depends on what is seen first. */
    readonly actions?: readonly string[];
  };
  /** Upkeep's own action is enough; else it explains, and a person (or `heal`) must mend it. */
  readonly healedByUpkeep: boolean;
  /** Returns once the fault is there. */
  inject(): Promise<void>;
  /** Brings the state before `inject` back, whatever became of it meanwhile; does nothing where all is well. */
  heal(): Promise<void>;
  /** Is it there now? Upkeep may have ended it. */
  isPresent(): Promise<boolean>;
}
