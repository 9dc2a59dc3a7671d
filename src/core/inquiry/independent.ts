/** Of troubles that have nothing to do with each other, which comes first: the one that hurts most now. Pure. */
import type { Finding } from '../evidence.ts';
import { type Level, levels } from '../severity.ts';

/** An alert that fires. */
export interface Hurt {
  readonly target: string;
  readonly level: Level;
  /** Users feel what its rule judges: errors, slowness, no answer. */
  readonly isFelt: boolean;
}

/** `graver` by its level, `felt` of the same level, `rank` where neither decides or nothing of it fires. */
export type PlaceReason = 'graver' | 'felt' | 'rank';

export interface Trouble {
  /** In the order of their rank. */
  readonly findings: readonly Finding[];
  readonly reason: PlaceReason;
}

/**
 * Each trouble is what may cause each other; within it the rank stands. What fires nothing keeps its place, since how much
 * it hurts is not known, and how something is set up on good days too comes after all.
 * @param mayCause whether trouble of the first target can make the second fail
 */
export function independentTroubles(
  ranked: readonly Finding[],
  hurts: readonly Hurt[],
  mayCause: (below: string, above: string) => boolean,
): Trouble[] {
  const standing = ranked.filter(({ nature }) => nature === 'hygiene');
  const groups: Finding[][] = [];
  const areOne = (a: string, b: string) => a === b || mayCause(a, b) || mayCause(b, a);
  for (const finding of ranked) {
    if (finding.nature === 'hygiene') continue;
    const joined = groups.filter((group) => group.some(({ target }) => areOne(target, finding.target)));
    const [first, ...others] = joined;
    if (!first) groups.push([finding]);
    else {
      for (const other of others) first.push(...groups.splice(groups.indexOf(other), 1).flat());
      first.push(finding);
    }
  }
  const rankOf = (finding: Finding) => ranked.indexOf(finding);
  const troubles = groups.map((group) => {
    const findings = group.toSorted((a, b) => rankOf(a) - rankOf(b));
    return { findings, hurt: worst(findings, hurts, mayCause) };
  });
  const known = troubles.filter(({ hurt }) => hurt !== null);
  const byHurt = known.toSorted((a, b) => weight(a.hurt) - weight(b.hurt));
  const placed = troubles.map((one): Trouble => {
    const now = one.hurt === null ? one : (byHurt.shift() ?? one);
    return { findings: now.findings, reason: reasonOf(now.hurt, known, now === one) };
  });
  return standing.length === 0 ? placed : [...placed, { findings: standing, reason: 'rank' }];
}

function worst(
  findings: readonly Finding[],
  hurts: readonly Hurt[],
  mayCause: (below: string, above: string) => boolean,
): Hurt | null {
  const reached = hurts.filter((hurt) =>
    findings.some(({ target }) => target === hurt.target || mayCause(target, hurt.target)),
  );
  return reached.toSorted((a, b) => weight(a) - weight(b))[0] ?? null;
}

/** The level, then whether it is felt; less comes first. */
function weight(hurt: Hurt | null): number {
  return hurt === null ? 0 : 2 * levels.indexOf(hurt.level) + Number(!hurt.isFelt);
}

function reasonOf(
  hurt: Hurt | null,
  known: readonly { readonly hurt: Hurt | null }[],
  isUnmoved: boolean,
): PlaceReason {
  if (hurt === null || isUnmoved) return 'rank';
  return known.every((one) => one.hurt?.level === hurt.level) ? 'felt' : 'graver';
}
