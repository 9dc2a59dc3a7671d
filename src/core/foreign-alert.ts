/** An alert that another monitor raised and sent here. */
import type { Labels } from './sample.ts';

export interface ForeignAlert {
  /** Target that brought it. */
  readonly source: string;
  /** Same for the same labels, whenever it comes. */
  readonly fingerprint: string;
  readonly labels: Labels;
  /** All that came with it; none is left out. */
  readonly annotations: Labels;
  readonly startsAt: number;
  /** When it is over at the latest, told or assumed. */
  readonly endsAt: number;
  readonly generatorUrl: string | null;
  /** Target that it is about. */
  readonly target: string;
  readonly level: 'warning' | 'critical';
  readonly summary: string;
  readonly receivedAt: number;
}
