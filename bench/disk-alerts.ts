/** What a rule's alerts on simulated disks are worth. */
import type { Disk } from './filling-disks.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Rules have a week to learn in before they are judged. */
const learningMs = 8 * dayMs;

/** Whether the rule holds at the point `index`. */
export type DiskRule = (points: Disk['points'], index: number) => boolean;

export interface Verdict {
  readonly detected: boolean | null;
  /** Hours from the first right alert to the full disk. */
  readonly leadHours: number | null;
  /** Alerts with no full disk within 72 h; two within a day are one. */
  readonly falseAlerts: number;
  readonly weeks: number;
}

export function judgeDisk(disk: Disk, rule: DiskRule, every = 3): Verdict {
  const { points, fullAt } = disk;
  const start = points[0]?.at ?? 0;
  let lead: number | null = null;
  let falseAlerts = 0;
  let lastFalse = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < points.length; i += every) {
    const at = points[i]?.at ?? 0;
    if (at - start < learningMs || !rule(points, i)) continue;
    const left = fullAt === null ? Number.POSITIVE_INFINITY : fullAt - at;
    if (left <= 72 * hourMs) {
      if (left >= hourMs / 2) lead ??= left / hourMs;
      continue;
    }
    if (at - lastFalse > dayMs) falseAlerts++;
    lastFalse = at;
  }
  const weeks = ((points.at(-1)?.at ?? 0) - start - learningMs) / (7 * dayMs);
  return { detected: fullAt === null ? null : lead !== null, leadHours: lead, falseAlerts, weeks };
}
