/** Restores a backup into a scratch instance and looks, or looks only at what lies there. */
import type { EngineContext, Proving } from '../../core/backup/engine.ts';
import type { Heartbeat } from '../../core/backup/rpo.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import { remarkOf, settleSize } from '../../core/backup/size.ts';
import type { BackupView, ProofView } from '../../core/backup/view.ts';
import * as rows from '../../store/backups.ts';
import { type Ground, placeOf } from './ground.ts';
import { inScratch } from './scratch.ts';
import { missingWords } from './there.ts';

const usualCount = 10;

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
  const others = await rows.list(db, { plan: plan.name, states: ['good'], limit: usualCount });
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

/** Looks in a scratch folder of its own, and writes down what was seen. */
export async function proveWith(
  { desk, note }: Ground,
  { backup, plan, by }: { backup: BackupView; plan: BackupSettings; by: string },
  look: (id: string, scratch: string) => Promise<Proving>,
): Promise<ProofView> {
  const { clock, store } = desk;
  const id = desk.newId();
  const own = { id, kind: 'proof', plan: plan.name, backup: backup.id } as const;
  return inScratch(desk, own, plan, async (scratch) => {
    const proving = await look(id, scratch);
    const looks = settleSize(proving.looks);
    const good = looks.filter((look) => look.good).map(({ level }) => level);
    const proof: ProofView = {
      ...{ id, backup: backup.id, at: clock.now(), looks },
      level: good.at(-1) ?? null,
      isGood: looks.length > 0 && looks.every((look) => look.good),
      ...{ restoredInMs: proving.restoredInMs, restoredWith: proving.with },
    };
    await store.transaction(async (tx) => {
      await rows.insertProof(tx, proof, null);
      const wrong = looks.find((look) => !look.good)?.detail;
      const { level, restoredInMs } = proof;
      const kind = proof.isGood ? 'backup.proven' : 'backup.not-proven';
      await note(tx, by, kind, plan.name, {
        ...{ id: backup.id, level, restoredInMs },
        detail: wrong ?? remarkOf(looks) ?? '',
      });
    });
    desk.changed();
    return proof;
  });
}
