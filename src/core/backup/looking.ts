/** How an engine looks at a backup, level by level, and stops at the first that is not good. */

import { isLack } from '../lack.ts';
import type { Clock } from '../time.ts';
import type { ProofLevel } from './catalogue.ts';
import type { Look } from './engine.ts';

/** What a level finds: what is wrong, or what was seen. */
export interface Finding
  extends Pick<Look, 'good' | 'detail' | 'remark' | 'isTiny' | 'gap' | 'soundUntil' | 'notRun'> {}

export interface Looking {
  readonly looks: readonly Look[];
  /** False where it was not good; what it throws is what is wrong with the backup, or what lacks here to look at it. */
  look(level: ProofLevel, what: () => Finding | Promise<Finding>): Promise<boolean>;
}

export function startLooking(ctx: {
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, 'monotonic'>;
}): Looking {
  const looks: Look[] = [];
  return {
    looks,
    async look(level, what) {
      ctx.signal.throwIfAborted();
      const from = ctx.clock.monotonic();
      let finding: Finding;
      try {
        finding = await what();
      } catch (error) {
        ctx.signal.throwIfAborted();
        const detail = error instanceof Error ? error.message : String(error);
        finding = { good: false, detail, ...(isLack(error) && { notRun: true }) };
      }
      looks.push({ level, ...finding, tookMs: Math.round(ctx.clock.monotonic() - from) });
      return finding.good;
    },
  };
}

const mostNamed = 5;

/** Good where nothing differs; else the first of what does. */
export function saidOf(differences: readonly string[], otherwise: string): Finding {
  if (differences.length === 0) return { good: true, detail: otherwise };
  const more = differences.length > mostNamed ? `; ${differences.length - mostNamed} more` : '';
  return { good: false, detail: `${differences.slice(0, mostNamed).join('; ')}${more}` };
}
