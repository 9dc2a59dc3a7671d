/** Tries a bucket as copies use it, with small objects that nobody needs: what a setting means is seen only there. */
import { type Bucket, BucketFault, type Buckets } from '../../../core/backup/bucket.ts';
import type { OffsiteSettings } from '../../../core/backup/settings.ts';
import type { OffsiteTrial } from '../../../core/backup/view.ts';
import { formatDuration } from '../../../core/time.ts';
import { type Ground, messageOf } from '../ground.ts';
import { deleterOf } from './hand.ts';
import { bytesOf } from './seal.ts';

/** A lock that is short enough to leave nothing behind for long. */
const lockedForMs = 60_000;
const clockOffByMs = 3_600_000;

const faultRemedy =
  'the storage itself fails: see its status page or its log, then upkeep doctor again; no key and no clock of yours is to blame by this';

export async function tryBucket(
  { desk, quietly }: Ground,
  buckets: Buckets,
  plan: string,
  bucket: Bucket,
  settings: OffsiteSettings,
): Promise<OffsiteTrial[]> {
  const { signal } = quietly();
  const folder = `${settings.prefix === '' ? '' : `${settings.prefix}/`}doctor/`;
  const id = desk.newId();
  const open = `${folder}open/${id}`;
  const body = Buffer.from(`upkeep doctor ${id}\n`);
  const trials: OffsiteTrial[] = [];
  /** Says what came of it; false where the rest makes no sense then. */
  async function attempt(what: string, remedy: string, work: () => Promise<string | null>): Promise<boolean> {
    let isFault = false;
    const wrong = await work().catch((error: unknown) => {
      isFault = error instanceof BucketFault;
      return isFault ? `${messageOf(error)}; so nothing is known of: ${what}` : messageOf(error);
    });
    trials.push({
      plan,
      bucket: bucket.name,
      what,
      good: wrong === null,
      detail: wrong ?? 'as it should be',
      remedy: isFault ? faultRemedy : remedy,
    });
    return wrong === null;
  }

  const isWritten = await attempt(
    'write',
    'give the writer s3:PutObject, s3:GetObject and s3:ListBucket on that bucket',
    async () => {
      await bucket.put(open, body, null, signal);
      return null;
    },
  );
  if (!isWritten) return trials;
  await attempt('read', 'give the writer s3:GetObject and s3:ListBucket', async () => {
    const read = await bytesOf(await bucket.get(open, signal));
    return Buffer.from(read).equals(body) ? null : `${open} came back with other bytes than were written`;
  });
  await attempt('clock', 'set the clock: timedatectl set-ntp true', async () => {
    const theirs = await bucket.time(signal);
    const off = Math.abs(theirs - desk.clock.now());
    return off > clockOffByMs ? `our clock and the server's are ${formatDuration(off)} apart` : null;
  });
  await attempt(
    'deletion refused',
    'take s3:DeleteObject and s3:DeleteObjectVersion from the writer; a second pair of keys, deleter:, may have them',
    async () =>
      (await bucket.isDeletionRefused(open, signal))
        ? null
        : 'the key of the writer may delete: whoever takes over this machine can delete the copies too',
  );
  if (settings.lockMs !== null)
    await attempt(
      'lock',
      'make the bucket with Object Lock (and versions) on a server that has it, or leave lock: out',
      async () => {
        const until = Math.ceil((desk.clock.now() + lockedForMs) / 1_000) * 1_000;
        await bucket.put(`${folder}locked/${id}`, body, until, signal);
        const looked = await bucket.look(`${folder}locked/${id}`, signal);
        return looked?.lockedUntil === until ? null : 'the server accepts a lock and keeps none (read back)';
      },
    );
  if (settings.deleter !== null)
    await attempt(
      'deleter',
      'give the deleter s3:ListBucketVersions, s3:DeleteObject and s3:DeleteObjectVersion',
      async () => {
        const remover = buckets.openRemover(settings, deleterOf(plan, settings));
        try {
          await remover.removeAll(`${folder}open/`, signal);
        } finally {
          remover.close();
        }
        return (await bucket.look(open, signal)) === null
          ? null
          : `${open} is still there after it was deleted`;
      },
    );
  return trials;
}
