/** One tool against ours, and its row in the table. */
import type { Row } from '../report.ts';
import type { Shop } from './shop.ts';
import { ratio, spread } from './turns.ts';

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
