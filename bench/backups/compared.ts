/** One tool against ours, and its row in the table. */
import { median, significant } from '../figures.ts';
import type { Row } from '../report.ts';
import type { Shop } from './shop.ts';
import { ratio, ratiosOf, spread } from './turns.ts';

export interface Bench {
  readonly shop: Shop;
  /** For what is written; its disk needs four times the size of the shop. */
  readonly folder: string;
  readonly rounds: number;
}

export interface Compared {
  readonly what: 'take' | 'restore' | 'prove';
  readonly tool: string;
  /**
   * By contender: `bare` the tool alone, `by hand` the tools and statements that give the same, `without sums` ours where
   * it leaves them out, `ours`.
   */
  readonly times: ReadonlyMap<string, readonly number[]>;
}

export function rowOf({ what, tool, times }: Compared): Row {
  const of = (name: string) => times.get(name) ?? [];
  const against = (ours: readonly number[], name: string) =>
    ours.length > 0 && of(name).length > 0 ? ratio(ours, of(name)) : '-';
  return {
    '': `${what}: ${tool}`,
    'the tool alone': of('bare').length > 0 ? spread(of('bare')) : '-',
    'the same by hand': of('by hand').length > 0 ? spread(of('by hand')) : '-',
    Upkeep: spread(of('ours')),
    'of the tool alone': against(of('ours'), 'bare'),
    '… without our sums': against(of('without sums'), 'bare'),
    'of the same by hand': against(of('ours'), 'by hand'),
  };
}

/** Ours may take so much longer. */
const mostOver = 1.05;

/**
 * Whether the aim is met: `met (median 0.976x)`. What is over it in every round misses it; where rounds of a busy machine
 * lie on both sides and their median is over it, nothing is decided.
 */
export function verdict(compared: readonly Compared[], against: 'bare' | 'by hand'): string {
  const all = compared.flatMap(({ what, tool, times }) => {
    const [ours, theirs] = [times.get('ours') ?? [], times.get(against) ?? []];
    const ratios = ratiosOf(ours, theirs);
    const said = `${what}: ${tool} ${ratio(ours, theirs)}`;
    return ratios.length === 0 ? [] : [{ said, share: median(ratios), least: Math.min(...ratios) }];
  });
  if (all.length === 0) return 'nothing was compared';
  const listed = (some: typeof all) => some.map(({ said }) => said).join('; ');
  const over = all.filter(({ share }) => share > mostOver);
  const missed = over.filter(({ least }) => least > mostOver);
  const open = over.filter(({ least }) => least <= mostOver);
  const words = [
    ...(missed.length > 0 ? [`missed by ${listed(missed)}`] : []),
    ...(open.length > 0 ? [`undecided, since rounds lie on both sides: ${listed(open)}`] : []),
  ];
  const middle = significant(median(all.map(({ share }) => share)));
  return words.length === 0 ? `met (median ${middle}x)` : `${words.join('; ')}; median of all ${middle}x`;
}
