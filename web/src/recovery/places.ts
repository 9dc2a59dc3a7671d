/** Where a restore can go, with names that can be taken as they are. Pure. */
import type { PlanView } from '../../../src/core/backup/view.ts';

export type Where = PlanView['into'][number];

export interface PlaceChoice {
  readonly value: Where;
  readonly label: string;
  /** Empty where none is asked for. */
  readonly usual: string;
}

/** What its engine can do, and nothing that it never can. What harms nothing comes first, and is what is offered. */
export function placesOf({ name, into }: Pick<PlanView, 'name' | 'into'>): readonly PlaceChoice[] {
  const all: readonly PlaceChoice[] = [
    { value: 'database', label: 'New database', usual: `${name.replace(/[^A-Za-z0-9_]/g, '_')}_restored` },
    { value: 'folder', label: 'Folder', usual: `/srv/${name}-restored` },
    { value: 'over', label: 'Over what lives', usual: '' },
  ];
  return all.filter(({ value }) => into.includes(value));
}
