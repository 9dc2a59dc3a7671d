/**
 * The control of proofs: a copy of a good backup is looked at, then bytes of it are flipped and it is looked at again. A look
 * that does not tell the two apart proves nothing about any backup.
 */
import { cpSync, readdirSync, statSync } from 'node:fs';
import { chmod, copyFile, open, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Control } from '../../core/backup/drill-schedule.ts';
import type { BoundEngine, EngineContext, Look, Twin } from '../../core/backup/engine.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { BackupView } from '../../core/backup/view.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as rows from '../../store/backups.ts';
import * as meta from '../../store/meta.ts';
import type { Evidences } from './evidence.ts';
import { type Ground, localRepository, placeOf } from './ground.ts';
import { inScratch } from './scratch.ts';

export interface Controls {
  /** Of engines whose backups are folders of their own, or that make a twin of their repository. */
  isPossible(plan: BackupSettings): boolean;
  last(plan: string): Promise<Control | null>;
  /** @throws UpkeepError where there is nothing to control */
  run(plan: BackupSettings, by: string): Promise<Control>;
}

const keyOf = (plan: string) => `backups.control.${plan}`;
const judgedBy = 50;
const flippedBytes = 8;
/** Checksums of what lies there: no restore is needed to see it. */
const seenAt = 1;

export function createControls(ground: Ground, evidences: Pick<Evidences, 'signed'>): Controls {
  const { desk, note, alone } = ground;
  const { clock, store } = desk;

  async function last(plan: string): Promise<Control | null> {
    const text = await meta.read(store.db, keyOf(plan));
    return text === undefined ? null : JSON.parse(text);
  }

  async function newest({ name }: BackupSettings): Promise<BackupView> {
    const known = await rows.list(store.db, {
      now: clock.now(),
      plan: name,
      states: ['good'],
      limit: judgedBy,
    });
    const found = known.find(({ repository }) => repository === localRepository);
    if (found) return found;
    throw new UpkeepError('conflict', `${name} has no good backup to control: upkeep backup take ${name}`);
  }

  async function twinOf(plan: BackupSettings, backup: BackupView, scratch: string, ctx: EngineContext) {
    if (backup.label !== null)
      return (await ground.engineOf(plan).twin?.(placeOf(backup), scratch, ctx)) ?? null;
    const folder = join(scratch, basename(backup.folder));
    cpSync(backup.folder, folder, { recursive: true, preserveTimestamps: true });
    return { folder, damageIn: folder, spares: /^manifest\.json$/ };
  }

  async function compared(plan: BackupSettings, backup: BackupView, scratch: string, ctx: EngineContext) {
    ctx.progress('looking at a copy of a backup, then at the same one with flipped bytes');
    const twin = await twinOf(plan, backup, scratch, ctx);
    if (twin === null)
      return {
        isSeen: null,
        detail:
          'it lies elsewhere, where no copy is made of it: its proofs read it there, and upkeep drill run backup breaks one',
      };
    const manifest = (await rows.manifestOf(store.db, backup.id)) ?? {};
    const { label } = backup;
    const order = { folder: twin.folder, ...(label === null ? {} : { label }), manifest };
    const look = () => looksOf(ground.engineOf(plan), { ...order, scratch: join(scratch, 'none') }, ctx);
    const first = await look();
    const strange = first.find(({ level, good }) => level === 0 && !good);
    const lacking = first.find(({ notRun }) => notRun);
    const obstacle = strange ?? lacking;
    if (obstacle) throw new UpkeepError('conflict', `nothing can be controlled: ${obstacle.detail}`);
    const sound = wrongIn(first);
    if (sound !== null)
      return { isSeen: false, detail: `a copy that nobody broke is called broken: ${sound}` };
    const file = await flipLargest(twin);
    const second = await look();
    const lost = second.find(({ notRun }) => notRun);
    if (lost) throw new UpkeepError('conflict', `the control could not be ended: ${lost.detail}`);
    const wrong = wrongIn(second);
    return wrong === null
      ? {
          isSeen: false,
          detail: `${flippedBytes} bytes of ${file} were flipped in a copy, and its proof was good`,
        }
      : { isSeen: true, detail: `${flippedBytes} bytes of ${file} were flipped in a copy: ${wrong}` };
  }

  return {
    isPossible({ target, engine }) {
      try {
        const { list, twin } = ground.engineOf({ target, engine });
        return list === undefined || twin !== undefined;
      } catch {
        // A target that is gone from the configuration has nothing to look with.
        return false;
      }
    },
    last,
    async run(plan, by) {
      const backup = await newest(plan);
      const own = { id: desk.newId(), kind: 'control', plan: plan.name, backup: backup.id } as const;
      // What lies together is linked, which only the same disk can.
      const at = backup.label === null ? plan : { scratch: plan.folder };
      const found = await alone(plan.name, (ctx) =>
        inScratch(desk, own, at, (scratch) => compared(plan, backup, scratch, ctx)),
      );
      const control: Control = { at: clock.now(), backup: backup.id, ...found };
      await store.transaction(async (tx) => {
        await meta.write(tx, keyOf(plan.name), JSON.stringify(control));
        const { isSeen, detail } = control;
        const kind = kindOf(isSeen);
        const evidence = evidences.signed({ format: 1, control, plan: plan.name });
        await note(tx, by, kind, plan.name, { id: backup.id, detail, evidence });
      });
      desk.changed();
      return control;
    },
  };
}

async function looksOf(
  engine: BoundEngine,
  order: Pick<Parameters<BoundEngine['prove']>[0], 'folder' | 'manifest' | 'scratch'>,
  ctx: EngineContext,
): Promise<readonly Look[]> {
  const { looks } = await engine.prove({ ...order, usualBytes: [], smoke: [], withoutRestore: true }, ctx);
  return looks.filter(({ level }) => level <= seenAt);
}

/** Null where every look up to the checksums was good. */
function wrongIn(looks: readonly Look[]): string | null {
  const wrong = looks.find(({ good }) => !good);
  if (wrong) return `level ${wrong.level}: ${wrong.detail}`;
  return looks.some(({ level }) => level === seenAt) ? null : 'nothing was looked at';
}

function kindOf(isSeen: Control['isSeen']): string {
  if (isSeen === null) return 'backup.drill-not-run';
  return isSeen ? 'backup.controlled' : 'backup.control-missed';
}

/** The file is replaced: the other name of a link keeps its bytes. */
async function flipLargest({ damageIn, spares }: Twin): Promise<string> {
  const files = readdirSync(damageIn, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !spares.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const [largest] = files.toSorted((a, b) => statSync(b).size - statSync(a).size);
  if (largest === undefined) throw new Error(`${damageIn} holds no files`);
  const { mode, uid, gid } = statSync(largest);
  const fresh = `${largest}.flipped`;
  await copyFile(largest, fresh);
  await chmod(fresh, 0o600);
  const handle = await open(fresh, 'r+');
  try {
    const at = Math.max(0, Math.floor((await handle.stat()).size / 2) - flippedBytes);
    const bytes = Buffer.alloc(flippedBytes);
    const { bytesRead } = await handle.read(bytes, 0, flippedBytes, at);
    const flipped = bytes.subarray(0, bytesRead).map((byte) => byte ^ 255);
    await handle.write(flipped, 0, bytesRead, at);
    await handle.chmod(mode);
    await handle.chown(uid, gid);
  } finally {
    await handle.close();
  }
  await rename(fresh, largest);
  return largest.slice(damageIn.length + 1);
}
