/**
 * Takes copies that a catalogue does not know into it: after the place here was lost a new store begins with none. Nothing
 * of them counts as proven before it was read back from here, and nobody but a person lets them go.
 */
import type { Bucket } from '../../../core/backup/bucket.ts';
import { foreignProofWords, isAbout } from '../../../core/backup/foreign-proofs.ts';
import { offsiteRepository } from '../../../core/backup/offsite-standing.ts';
import type { BackupSettings, OffsiteSettings } from '../../../core/backup/settings.ts';
import { canonical } from '../../../core/canonical.ts';
import { count } from '../../../core/count.ts';
import { amount } from '../../../core/rule-words.ts';
import * as copies from '../../../store/backup-copies.ts';
import * as rows from '../../../store/backups.ts';
import { keepForeign, type Trust } from '../evidence.ts';
import { type Ground, messageOf } from '../ground.ts';
import { type FoundCopy, findCopies } from './find-copies.ts';
import { bucketPath } from './place.ts';
import type { Keyring } from './seal.ts';

export interface Adoption {
  /** Looks what lies in the bucket of the plan, and says how many became known. @throws where it does not answer */
  look(plan: BackupSettings): Promise<number>;
  /** What was seen there and could not be opened, in words; null where there is none. */
  unopened(plan: string): string | null;
}

type Within = <T>(
  plan: BackupSettings,
  work: (bucket: Bucket, settings: OffsiteSettings) => Promise<T>,
) => Promise<T>;

const wholeCatalogue = 20_000;

export function createAdoption(
  ground: Ground,
  { keys, within, trust }: { readonly keys: Keyring; readonly within: Within; readonly trust: Trust },
): Adoption {
  const { desk, note } = ground;
  const { clock, store } = desk;
  const refused = new Map<string, string>();
  const underWay = new Map<string, Promise<number>>();

  async function search(plan: BackupSettings): Promise<number> {
    const known = await rows.list(store.db, { now: clock.now(), plan: plan.name, limit: wholeCatalogue });
    const { signal } = ground.quietly();
    return within(plan, async (bucket, settings) => {
      const { found, unopened } = await findCopies(
        bucket,
        {
          ...{ prefix: settings.prefix, plan: plan.name, passphrase: settings.passphrase, keys },
          known: new Set(known.map(({ id }) => id)),
        },
        signal,
      );
      const [first] = unopened;
      if (first === undefined) refused.delete(plan.name);
      else
        refused.set(
          plan.name,
          `${count(unopened.length, 'copy', 'copies')} in ${bucket.name} cannot be used here: ${first.id.slice(0, 13)}: ${first.why}`,
        );
      for (const one of found) await adopt(plan, settings, bucket, one);
      if (found.length > 0) desk.changed();
      return found.length;
    });
  }

  async function adopt(
    { name, target, engine }: BackupSettings,
    settings: OffsiteSettings,
    bucket: Bucket,
    { id, index, manifest, evidence, ...found }: FoundCopy,
  ): Promise<void> {
    const files = `${count(index.files.length, 'file')}, ${amount(found.bytes, 'bytes')} sealed`;
    const of = { ids: [id, index.of], manifest: desk.digest(canonical(manifest)) };
    const signed = evidence.filter((one) => isAbout(one, of) && trust.isSigned(one));
    const proofs = foreignProofWords({ signed, ownKey: trust.ownKey() }, ground.moment);
    const detail = `found in ${bucket.name}: ${files}; it was not sent from this store; ${proofs}`;
    await store.transaction(async (tx) => {
      await copies.adopt(tx, clock.now(), {
        ...{ id, plan: name, target, engine, repository: offsiteRepository, detail, manifest, ...found },
        ...{ folder: bucketPath(settings, name, id), startedAt: index.startedAt, copyOf: index.of },
      });
      await keepForeign(tx, id, signed);
      await note(tx, 'upkeep', 'backup.adopted', name, { id, target, detail });
    });
  }

  return {
    look(plan) {
      // Folders alone are copied; what keeps a repository of its own has none to find.
      if (!plan.offsite || ground.engineOf(plan).list) return Promise.resolve(0);
      const mine = underWay.get(plan.name) ?? search(plan).finally(() => underWay.delete(plan.name));
      underWay.set(plan.name, mine);
      return mine;
    },
    unopened: (plan) => refused.get(plan) ?? null,
  };
}

/** For who asks whether there is more than is known: a bucket that does not answer has nothing to add. */
export async function adoptedNow(
  { look }: Adoption,
  plans: readonly BackupSettings[],
): Promise<{ readonly found: number; readonly trouble: string | null }> {
  let found = 0;
  let trouble: string | null = null;
  for (const plan of plans)
    await look(plan).then(
      (more) => {
        found += more;
      },
      (error: unknown) => {
        trouble = messageOf(error);
      },
    );
  return { found, trouble };
}
