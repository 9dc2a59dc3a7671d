/** Restores a backup into a scratch instance and looks, or looks only at what lies there. */
import { dirname } from 'node:path';
import type { EngineContext, Proving } from '../../core/backup/engine.ts';
import { failureWords } from '../../core/backup/failure-words.ts';
import type { Heartbeat } from '../../core/backup/rpo.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import { remarkOf, settleSize } from '../../core/backup/size.ts';
import { type BackupView, endOf, isNotRun, type ProofView } from '../../core/backup/view.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as rows from '../../store/backups.ts';
import { scratchOf } from './folders.ts';
import { type Ground, messageOf, placeOf } from './ground.ts';
import { inScratch } from './scratch.ts';
import { missingWords } from './there.ts';

const usualCount = 10;
const orElse = 'name a larger disk with scratch: under backups:';

export interface ProofWish {
  readonly withoutRestore?: boolean;
  /** A moment to restore, epoch milliseconds; of engines that keep the log. */
  readonly until?: number;
  readonly heartbeats?: readonly Heartbeat[];
}

export async function proveNow(
  ground: Ground,
  { backup, plan, by, wish }: { backup: BackupView; plan: BackupSettings; by: string; wish: ProofWish },
  ctx: EngineContext,
): Promise<ProofView> {
  const { db } = ground.desk.store;
  const engine = ground.engineOf(backup);
  const manifest = (await rows.manifestOf(db, backup.id)) ?? {};
  const others = await rows.list(db, {
    now: ground.desk.clock.now(),
    plan: plan.name,
    states: ['good'],
    limit: usualCount,
  });
  const gone = missingWords(backup, ground.moment);
  return proveWith(ground, { backup, plan, by }, async (_, scratch) => {
    if (gone !== null) return goneProving(gone);
    return engine.prove(
      {
        ...{ ...placeOf(backup), manifest, scratch, ...wish },
        usualBytes: others
          .filter(({ id, kind, copyOf }) => id !== backup.id && kind === backup.kind && copyOf === null)
          .map(({ bytes }) => bytes),
        smoke: plan.smoke.map((query) => ({ query })),
      },
      ctx,
    );
  });
}

function goneProving(detail: string): Proving {
  const look = { level: 0, good: false, detail, tookMs: 0, isGone: true } as const;
  return { looks: [look], restoredInMs: null, with: 'nothing' };
}

/** Looks in a scratch folder of its own, and writes down what was seen, or why nothing could be. */
export async function proveWith(
  ground: Ground,
  { backup, plan, by }: { backup: BackupView; plan: BackupSettings; by: string },
  look: (id: string, scratch: string) => Promise<Proving>,
): Promise<ProofView> {
  const { desk, note } = ground;
  const { clock, store } = desk;
  const id = desk.newId();
  const own = { id, kind: 'proof', plan: plan.name, backup: backup.id } as const;
  const { signal } = ground.quietly();
  const proving = await inScratch(desk, own, plan, (scratch) => look(id, scratch)).catch((error: unknown) => {
    signal.throwIfAborted();
    if (error instanceof UpkeepError) throw error;
    return notRunProving(messageOf(error));
  });
  const folder = scratchOf(plan, id);
  const inWords = (text: string) =>
    failureWords(text, { folder, lasting: dirname(folder), orElse, isAllHere: true });
  const looks = proving.looks.map((one) => (one.good ? one : { ...one, detail: inWords(one.detail) }));
  const proof = proofOf({ id, backup: backup.id, at: clock.now() }, { ...proving, looks });
  await store.transaction(async (tx) => {
    await rows.insertProof(tx, proof, null);
    const { isGood, looks, level, restoredInMs } = proof;
    const detail = isGood ? (remarkOf(looks) ?? '') : endOf(proof).detail;
    await note(tx, by, kindOf(proof), plan.name, { id: backup.id, level, restoredInMs, detail });
  });
  desk.changed();
  return proof;
}

/** What is thrown, and not seen, is no word about the backup: no room for the scratch, a bucket that does not answer. */
function notRunProving(detail: string): Proving {
  const look = { level: 0, good: false, detail, tookMs: 0, notRun: true } as const;
  return { looks: [look], restoredInMs: null, with: 'nothing' };
}

function proofOf(about: Pick<ProofView, 'id' | 'backup' | 'at'>, proving: Proving): ProofView {
  const looks = settleSize(proving.looks);
  return {
    ...{ ...about, looks },
    level: looks.filter(({ good }) => good).at(-1)?.level ?? null,
    isGood: looks.length > 0 && looks.every(({ good }) => good),
    ...{ restoredInMs: proving.restoredInMs, restoredWith: proving.with },
  };
}

function kindOf(proof: ProofView): string {
  if (isNotRun(proof)) return 'backup.proof-not-run';
  return proof.isGood ? 'backup.proven' : 'backup.not-proven';
}
