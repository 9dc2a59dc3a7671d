/** Work in a scratch folder that nothing of is left, also where it was cut off: a start sweeps what stands in the undertakings. */
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { Desk } from '../../pipeline/desk.ts';
import { dropScratch, makeScratch, scratchOf } from './folders.ts';
import { strikeOut, type Undertaking, undertake } from './undertakings.ts';

export interface ScratchWork {
  readonly id: string;
  readonly kind: Extract<Undertaking['kind'], 'proof' | 'control' | 'download'>;
  /** Name under `backups:`. */
  readonly plan: string;
  readonly backup: string;
}

/** @param at whose scratch it is */
export async function inScratch<T>(
  { store }: Pick<Desk, 'store'>,
  { id, kind, plan, backup }: ScratchWork,
  at: Pick<BackupSettings, 'scratch'>,
  work: (scratch: string) => Promise<T>,
): Promise<T> {
  await store.transaction((tx) => undertake(tx, { id, kind, plan, backup, folder: scratchOf(at, id) }));
  const scratch = await makeScratch(at, id);
  try {
    return await work(scratch);
  } finally {
    await dropScratch(scratch);
    await store.transaction((tx) => strikeOut(tx, id));
  }
}
