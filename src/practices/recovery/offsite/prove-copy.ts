/** Proves a copy: read back, opened and compared; or downloaded and restored like any other backup. */
import type { Bucket } from '../../../core/backup/bucket.ts';
import type { EngineContext, Proving } from '../../../core/backup/engine.ts';
import type { BackupSettings, OffsiteSettings } from '../../../core/backup/settings.ts';
import type { BackupView, ProofView } from '../../../core/backup/view.ts';
import * as copies from '../../../store/backup-copies.ts';
import * as rows from '../../../store/backups.ts';
import { dropScratch, makeScratch } from '../folders.ts';
import type { Ground } from '../ground.ts';
import { type ProofWish, proveWith } from '../prove.ts';
import { keysOf } from './place.ts';
import { type ReadOrder, readBack } from './read-back.ts';
import type { Keyring } from './seal.ts';

export interface CopyProof {
  readonly backup: BackupView;
  readonly plan: BackupSettings;
  readonly by: string;
  readonly wish: ProofWish;
  readonly bucket: Bucket;
  readonly settings: OffsiteSettings;
  readonly keys: Keyring;
}

const readBackWith = 'read back';

export function proveCopy(ground: Ground, given: CopyProof, ctx: EngineContext): Promise<ProofView> {
  const { backup, plan, by, wish, bucket, settings, keys } = given;
  return proveWith(ground, { backup, plan, by }, async (id, scratch): Promise<Proving> => {
    const into = wish.withoutRestore ? null : await makeScratch(plan, `${id}-copy`);
    try {
      const began = ctx.clock.monotonic();
      const order = await readOrder(ground, backup, { settings, keys, into });
      const looks = await readBack(bucket, order, ctx);
      if (into === null || looks.some(({ good }) => !good))
        return { looks, restoredInMs: null, with: readBackWith };
      const readMs = ctx.clock.monotonic() - began;
      const smoke = plan.smoke.map((query) => ({ query }));
      const restored = await ground
        .engineOf(backup)
        .prove({ folder: into, manifest: order.manifest, scratch, usualBytes: [], smoke }, ctx);
      return {
        ...restored,
        looks: [...looks, ...restored.looks.filter(({ level, good }) => level > 1 || !good)],
        // Whoever has nothing left but the copy waits for the line as well.
        restoredInMs: restored.restoredInMs && Math.round(restored.restoredInMs + readMs),
      };
    } finally {
      if (into !== null) await dropScratch(into);
    }
  });
}

/** @param into where the files go; null to compare only */
export async function readOrder(
  { desk, moment }: Pick<Ground, 'desk' | 'moment'>,
  { id, plan, folder, startedAt, endedAt }: BackupView,
  {
    settings,
    keys,
    into,
  }: { readonly settings: OffsiteSettings; readonly keys: Keyring; readonly into: string | null },
): Promise<ReadOrder> {
  const { db } = desk.store;
  const { sum, keySum } = await copies.sumsOf(db, id);
  return {
    ...{ prefix: keysOf(settings, folder), passphrase: settings.passphrase, keys, into },
    manifest: (await rows.manifestOf(db, id)) ?? {},
    ...{ sumOfIndex: sum, sumOfKey: keySum },
    opened: (sumOfKey) => (keySum === sumOfKey ? Promise.resolve() : copies.keyOpened(db, id, sumOfKey)),
    what: `the copy of ${plan} made on ${moment(endedAt ?? startedAt)}`,
  };
}
