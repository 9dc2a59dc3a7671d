/**
 * Copies of backups in a bucket elsewhere: sealed, read back at once, restored from there in turn. A copy that was cut off
 * goes on; what the bucket does not answer is remembered until it does.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { Bucket, Buckets } from '../../../core/backup/bucket.ts';
import type { EngineContext } from '../../../core/backup/engine.ts';
import {
  isCopyDue,
  isRestoreDue,
  type OffsiteStanding,
  offsiteRepository,
  offsiteStandingOf,
  wrongKeyOf,
} from '../../../core/backup/offsite-standing.ts';
import type { BackupSettings, OffsiteSettings } from '../../../core/backup/settings.ts';
import type {
  BackupView,
  CopiedView,
  FetchedView,
  OffsiteTrial,
  ProofView,
} from '../../../core/backup/view.ts';
import { count } from '../../../core/count.ts';
import { amount } from '../../../core/rule-words.ts';
import { formatDuration } from '../../../core/time.ts';
import { UpkeepError } from '../../../core/verb.ts';
import * as copies from '../../../store/backup-copies.ts';
import * as rows from '../../../store/backups.ts';
import type { RepositoryHand } from '../deletion.ts';
import type { Trust } from '../evidence.ts';
import { beginFolder, dropUnfinished, finishFolder, unfinishedOf } from '../folders.ts';
import { type Ground, messageOf } from '../ground.ts';
import type { ProofWish } from '../prove.ts';
import type { Witness } from '../retention-facts.ts';
import { strikeOut, undertake } from '../undertakings.ts';
import { adoptedNow, createAdoption } from './adopt-copies.ts';
import { copyTo } from './copy.ts';
import { type SignedProof, sendEvidence } from './evidence-files.ts';
import { handOf } from './hand.ts';
import { usualPartBytes } from './index-file.ts';
import { bucketPath, keysOf } from './place.ts';
import { proveCopy, readOrder } from './prove-copy.ts';
import { readBack } from './read-back.ts';
import { createKeyring, WrongPassphrase } from './seal.ts';
import { tryBucket } from './trial.ts';

export interface Offsite {
  /** Copies that backup, or the newest good one of that plan, now. What was copied already stays. @throws UpkeepError */
  copy(given: string, by: string): Promise<CopiedView>;
  /** Whether one is due or was cut off, and nothing is under way. */
  wants(plan: BackupSettings): Promise<boolean>;
  prove(copy: BackupView, plan: BackupSettings, by: string, wish: ProofWish): Promise<ProofView>;
  /** Lays what its proofs found beside a copy; what lies there stays. @throws where the bucket does not answer */
  sendEvidence(copy: BackupView, signed: readonly SignedProof[]): Promise<void>;
  /** Downloads it into an empty folder, as it was here; whole or not at all. @throws UpkeepError */
  fetch(id: string, folder: string, by: string): Promise<FetchedView>;
  standing(plan: BackupSettings, known: readonly BackupView[]): OffsiteStanding;
  /** Takes copies into the catalogue that lie in the buckets and that it does not know. */
  find(plans: readonly BackupSettings[]): ReturnType<typeof adoptedNow>;
  /** Copies that were found there and do not open, in words; null where there are none. */
  unopened(plan: string): string | null;
  /** Asks the bucket for the time and for copies that are not known, once an hour at most; remembers whether it answered. */
  look(plan: BackupSettings): Promise<void>;
  /** Whether it was asked since the start; true where there is none to ask. */
  hasLooked(plan: BackupSettings): boolean;
  /** Writes, reads, locks and tries to delete there, and says what came of each; no bucket is asked where none is named. */
  try(plan: BackupSettings): Promise<OffsiteTrial[]>;
  witnesses(plan: BackupSettings): Promise<readonly Witness[]>;
  readonly hand: RepositoryHand;
}

const lookEveryMs = 3_600_000;
/** Of what the bucket says the time is. A lock by a wrong clock is for another year. */
const clockOffByMs = 3_600_000;
const judgedBy = 200;

export function createOffsite(
  ground: Ground,
  options: { readonly buckets: Buckets; readonly newSecret: () => string },
  trust: Trust,
): Offsite {
  const { desk, note, alone, planOf } = ground;
  const { clock, store } = desk;
  const keys = createKeyring(options.newSecret);
  const unreachable = new Map<string, { readonly at: number; readonly why: string | null }>();
  const knownOf = ({ name }: BackupSettings) =>
    rows.list(store.db, { now: clock.now(), plan: name, limit: judgedBy });

  function settingsOf({ name, offsite }: BackupSettings): OffsiteSettings {
    if (offsite) return offsite;
    throw new UpkeepError(
      'conflict',
      `${name} has no offsite: in upkeep.yaml, so there is nowhere to copy it to`,
    );
  }

  async function within<T>(
    plan: BackupSettings,
    work: (bucket: Bucket, settings: OffsiteSettings) => Promise<T>,
  ) {
    const settings = settingsOf(plan);
    const bucket = options.buckets.open(settings, settings.writer);
    try {
      return await work(bucket, settings);
    } finally {
      bucket.close();
    }
  }

  /** With which passphrase a copy that did not open was tried last. */
  const passphraseTried = new Map<string, string>();
  const triedWith = ({ offsite }: BackupSettings, { id }: BackupView) =>
    desk.digest(`${id} ${offsite?.passphrase}`);

  /** What another passphrase may open by now: each is tried once. */
  async function lockedOut(plan: BackupSettings): Promise<BackupView | null> {
    const copied = plan.offsite ? wrongKeyOf(await knownOf(plan)) : null;
    const isTried = copied !== null && passphraseTried.get(plan.name) === triedWith(plan, copied);
    return isTried ? null : copied;
  }

  const adoption = createAdoption(ground, { keys, within, trust });

  async function sourceOf(given: string): Promise<BackupView> {
    const isPlan = ground.plans().some(({ name }) => name === given);
    const good = isPlan
      ? await rows.list(store.db, { now: clock.now(), plan: given, states: ['good'], limit: judgedBy })
      : [];
    const source = isPlan ? good.find(({ copyOf }) => copyOf === null) : await ground.backupOf(given);
    if (!source)
      throw new UpkeepError('conflict', `${given} has no good backup yet: upkeep backup take ${given}`);
    if (source.copyOf !== null) throw new UpkeepError('conflict', `backup ${given} is a copy itself`);
    if (source.state !== 'good')
      throw new UpkeepError('conflict', `backup ${given} is ${source.state}: there is nothing to copy`);
    if (ground.engineOf(source).list)
      throw new UpkeepError(
        'conflict',
        `${source.engine} keeps a repository of its own, which is not copied by folders`,
      );
    return source;
  }

  /** The copy that was begun of it, to go on with; else a new one. */
  async function begin(source: BackupView, settings: OffsiteSettings): Promise<BackupView> {
    const known = await rows.list(store.db, { now: clock.now(), plan: source.plan, limit: judgedBy });
    const old = known.find(
      (one) => one.copyOf === source.id && ['taking', 'failed', 'good'].includes(one.state),
    );
    if (old) {
      if (old.state === 'failed')
        await store.transaction((tx) => rows.move(tx, old.id, ['failed'], 'taking'));
      return old;
    }
    return beginNew(source, settings);
  }

  async function beginNew(source: BackupView, settings: OffsiteSettings): Promise<BackupView> {
    const id = desk.newId();
    const folder = bucketPath(settings, source.plan, id);
    await store.transaction((tx) => copies.insert(tx, source, { id, repository: offsiteRepository, folder }));
    return ground.backupOf(id);
  }

  async function copy(given: string, by: string): Promise<CopiedView> {
    const source = await sourceOf(given);
    const plan = planOf(source.plan);
    // One turn for both: no job that is due in between keeps a copy from its proof.
    const { copied, wasThere } = await alone(plan.name, async (ctx) => {
      const begun = await begin(source, settingsOf(plan));
      const isThere = begun.state === 'good';
      const ended = isThere ? begun.id : await copyNow(plan, source, begun, by, ctx);
      // Half of it is locked with a key that this passphrase does not open: nobody will ever read that.
      const other = ended === null ? await beginNew(source, settingsOf(plan)) : null;
      if (other) await copyNow(plan, source, other, by, ctx);
      const after = await ground.backupOf((other ?? begun).id);
      if (after.state === 'good' && after.proofs.length === 0) {
        const withoutRestore = !isRestoreDue(await knownOf(plan));
        await proveNow(after, plan, by, { withoutRestore }, ctx);
      }
      return { copied: after, wasThere: isThere };
    });
    return { ...(await ground.backupOf(copied.id)), ...(wasThere && { wasThere: true }) };
  }

  /** @returns its id; null where it was begun under another passphrase, and cannot go on */
  async function copyNow(
    plan: BackupSettings,
    source: BackupView,
    { id, folder }: BackupView,
    by: string,
    ctx: EngineContext,
  ): Promise<string | null> {
    let isOfOther = false;
    try {
      const { detail, ...result } = await within(plan, async (bucket, settings) => {
        await compareClocks(bucket, ctx);
        const manifest = (await rows.manifestOf(store.db, source.id)) ?? {};
        const lockUntil = settings.lockMs === null ? null : wholeSecond(clock.now() + settings.lockMs);
        const copied = await copyTo(
          bucket,
          {
            ...{ folder: source.folder, prefix: keysOf(settings, folder), manifest, lockUntil, keys },
            ...{ passphrase: settings.passphrase, partBytes: usualPartBytes },
            about: { of: source.id, plan: plan.name, startedAt: source.startedAt },
          },
          ctx,
        );
        const sums = { sum: copied.sumOfIndex, keySum: copied.sumOfKey };
        return { ...copied, ...sums, detail: inWords(copied, bucket, lockUntil !== null) };
      });
      await store.transaction(async (tx) => {
        await copies.settle(tx, id, clock.now(), { ...result, detail });
        await note(tx, by, 'backup.copied', plan.name, { id, of: source.id, detail });
      });
      unreachable.set(plan.name, { at: clock.now(), why: null });
    } catch (error) {
      // It goes on when Upkeep runs again.
      ctx.signal.throwIfAborted();
      isOfOther = error instanceof WrongPassphrase;
      const detail = isOfOther
        ? 'it was cut off, and its key.age does not open with the passphrase of now (or is damaged): a copy is begun anew'
        : messageOf(error);
      await store.transaction(async (tx) => {
        await rows.settle(tx, id, clock.now(), { state: 'failed', detail });
        await note(tx, by, 'backup.copy-failed', plan.name, { id, of: source.id, detail });
      });
    }
    desk.changed();
    return isOfOther ? null : id;
  }

  async function compareClocks(bucket: Bucket, { signal }: EngineContext): Promise<void> {
    const off = (await bucket.time(signal)) - clock.now();
    if (Math.abs(off) > clockOffByMs)
      throw new Error(
        `our clock is ${formatDuration(Math.abs(off))} ${off > 0 ? 'behind' : 'ahead of'} that of ${bucket.name}: nothing is copied or locked by it`,
      );
  }

  const proveNow = (
    backup: BackupView,
    plan: BackupSettings,
    by: string,
    wish: ProofWish,
    ctx: EngineContext,
  ) =>
    within(plan, (bucket, settings) =>
      proveCopy(ground, { backup, plan, by, wish, bucket, settings, keys }, ctx),
    );

  const prove: Offsite['prove'] = (backup, plan, by, wish) =>
    alone(plan.name, (ctx) => proveNow(backup, plan, by, wish, ctx));

  async function fetch(given: string, folder: string, by: string): Promise<FetchedView> {
    const backup = await ground.backupOf(given);
    if (backup.copyOf === null)
      throw new UpkeepError('conflict', `backup ${given} is no copy: it lies in ${backup.folder}`);
    if (!isAbsolute(folder))
      throw new UpkeepError('bad-input', `${folder} is not absolute: write the whole path, from /`);
    const there = await readdir(folder).catch(() => []);
    if (there.length > 0) throw new UpkeepError('conflict', `${folder} is not empty`);
    const plan = planOf(backup.plan);
    const looks = await alone(plan.name, (ctx) =>
      within(plan, async (bucket, settings) => {
        const own = { id: desk.newId(), kind: 'fetch', plan: plan.name, backup: backup.id, folder } as const;
        if (existsSync(unfinishedOf(folder)))
          throw new UpkeepError('conflict', `${unfinishedOf(folder)} is there already: remove it first`);
        await store.transaction((tx) => undertake(tx, own));
        const into = await beginFolder(folder);
        try {
          const order = await readOrder(ground, backup, { settings, keys, into });
          const found = await readBack(bucket, order, ctx);
          if (found.every(({ good }) => good)) await finishFolder(folder);
          return found;
        } finally {
          await dropUnfinished(folder);
          await store.transaction((tx) => strikeOut(tx, own.id));
        }
      }),
    );
    const wrong = looks.find(({ good }) => !good);
    if (wrong) throw new UpkeepError('conflict', `backup ${given} was not fetched: ${wrong.detail}`);
    const detail = looks.at(-1)?.detail ?? '';
    await store.transaction((tx) =>
      note(tx, by, 'backup.fetched', plan.name, { id: backup.id, folder, detail }),
    );
    desk.changed();
    return { backup: backup.id, folder, detail };
  }

  return {
    copy,
    prove,
    fetch,
    async sendEvidence({ plan: name, folder }, signed) {
      if (signed.length === 0) return;
      await within(planOf(name), (bucket, settings) => {
        const place = { prefix: keysOf(settings, folder), passphrase: settings.passphrase, keys };
        return sendEvidence(bucket, place, signed, ground.quietly().signal);
      });
    },
    async wants(plan) {
      if (!plan.offsite || ground.underWay.has(plan.name)) return false;
      const known = await knownOf(plan);
      const source = known.find(({ state, copyOf }) => state === 'good' && copyOf === null);
      if (!source || ground.engineOf(plan).list) return false;
      return (
        known.some(({ state, copyOf }) => state === 'taking' && copyOf !== null) ||
        isCopyDue(plan, known, clock.now())
      );
    },
    standing: (plan, known) =>
      offsiteStandingOf(plan, known, clock.now(), unreachable.get(plan.name)?.why ?? null),
    async look(plan) {
      const last = unreachable.get(plan.name);
      const again = await lockedOut(plan);
      if (
        !plan.offsite ||
        (again === null && last && last.why === null && clock.now() - last.at < lookEveryMs)
      )
        return;
      const { signal } = ground.quietly();
      const why = await within(plan, (bucket) => bucket.time(signal)).then(() => null, messageOf);
      if (signal.aborted) return;
      const { trouble } = why === null ? await adoptedNow(adoption, [plan]) : { trouble: why };
      unreachable.set(plan.name, { at: clock.now(), why: trouble });
      if (again === null || why !== null || ground.underWay.has(plan.name)) return;
      passphraseTried.set(plan.name, triedWith(plan, again));
      await prove(again, plan, 'upkeep', { withoutRestore: true });
    },
    hasLooked: ({ name, offsite }) => !offsite || unreachable.has(name),
    find: (plans) => adoptedNow(adoption, plans),
    unopened: adoption.unopened,
    try: (plan) =>
      plan.offsite
        ? within(plan, (bucket, settings) => tryBucket(ground, options.buckets, plan.name, bucket, settings))
        : Promise.resolve([]),
    async witnesses(plan) {
      if (!plan.offsite) return [];
      const { signal } = ground.quietly();
      return within(plan, async (bucket) => [{ from: bucket.name, at: await bucket.time(signal) }]);
    },
    hand: handOf(options.buckets, settingsOf),
  };
}

function inWords(
  { files, bytes, kept, lockedUntil }: Awaited<ReturnType<typeof copyTo>>,
  bucket: Bucket,
  wasLocked: boolean,
): string {
  const lock = wasLocked && lockedUntil === null ? '; THE SERVER KEEPS NO LOCK' : '';
  const before = kept > 0 ? `, ${count(kept, 'part')} from an earlier try` : '';
  return `${count(files, 'file')}, ${amount(bytes, 'bytes')} sealed in ${bucket.name}${before}${lock}`;
}

function wholeSecond(at: number): number {
  return Math.ceil(at / 1_000) * 1_000;
}
