/**
 * What is under way and would leave something behind if Upkeep were killed: written down before it begins, struck out when
 * nothing of it is left. So a start knows what to look after, and touches nothing that no line of its own store names.
 */
import type { Manifest, RestoreInto } from '../../core/backup/engine.ts';
import type { Tx } from '../../store/index.ts';
import * as meta from '../../store/meta.ts';

interface About {
  readonly id: string;
  readonly plan: string;
  readonly backup: string;
}

export type Undertaking =
  /** A proof, in a scratch folder of its own. */
  | (About & { readonly kind: 'proof'; readonly folder: string })
  /** A copy of a backup to be damaged, in a scratch folder of its own. */
  | (About & { readonly kind: 'control'; readonly folder: string })
  /** A copy that is fetched into a scratch folder, to be restored from there. */
  | (About & { readonly kind: 'download'; readonly folder: string })
  /** A copy that is fetched into a folder. */
  | (About & { readonly kind: 'fetch'; readonly folder: string })
  | (About & {
      readonly kind: 'restore';
      readonly target: string;
      readonly engine: string;
      readonly into: RestoreInto;
      readonly manifest: Manifest;
      /** It has its end in the journal; what it left could not be cleared away yet. */
      readonly isTold: boolean;
    });

const key = 'backups.undertakings';

export async function undertakings(tx: Tx): Promise<readonly Undertaking[]> {
  const text = await meta.read(tx, key);
  return text === undefined ? [] : JSON.parse(text);
}

/** Begun, or told anew. */
export async function undertake(tx: Tx, one: Undertaking): Promise<void> {
  const others = (await undertakings(tx)).filter(({ id }) => id !== one.id);
  await meta.write(tx, key, JSON.stringify([...others, one]));
}

export async function strikeOut(tx: Tx, id: string): Promise<void> {
  const others = (await undertakings(tx)).filter((one) => one.id !== id);
  await meta.write(tx, key, JSON.stringify(others));
}
