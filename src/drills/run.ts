/** Plays drills one after the other, those of one sandbox together. */

import type { DrillScore } from '../core/drill/score.ts';
import type { NotPossible, Scoreboard } from '../core/drill/scoreboard.ts';
import type { SystemEntry } from '../core/system.ts';
import { messageOf } from '../demo/until.ts';
import { type Drill, labs } from './drill.ts';
import { hurried } from './hurry.ts';
import { type LabOptions, type RunningLab, startLab } from './lab.ts';
import { playDrill } from './play.ts';

export interface RunOptions extends LabOptions {
  readonly holdMs: number;
  readonly machine: string;
  /** Before each drill, and after it with its score. */
  onDrill(drill: Drill, score: DrillScore | null): void;
}

export async function runDrills(drills: readonly Drill[], options: RunOptions): Promise<Scoreboard> {
  const { clock } = options;
  const startedAt = clock.now();
  const scores: DrillScore[] = [];
  const notPossible: NotPossible[] = [];
  const sandbox = keepLab({ ...options, systems: hurried(options.systems) });
  try {
    for (const drill of drills.toSorted((a, b) => labs.indexOf(a.lab) - labs.indexOf(b.lab))) {
      const why = options.signal?.aborted ? 'stopped before it was played' : whyNot(drill, options.systems);
      if (why !== null) {
        notPossible.push({ id: drill.id, title: drill.title, row: drill.row, why });
        continue;
      }
      options.onDrill(drill, null);
      const lab = await sandbox.lab(drill.lab).catch((error: unknown) => messageOf(error));
      if (typeof lab === 'string') {
        const reason = `its sandbox did not start: ${lab}`;
        notPossible.push({ id: drill.id, title: drill.title, row: drill.row, why: reason });
        continue;
      }
      const { score, isHealthy } = await playDrill(drill, lab, options.holdMs);
      if (options.signal?.aborted) {
        notPossible.push({
          id: drill.id,
          title: drill.title,
          row: drill.row,
          why: 'stopped while it was played',
        });
        continue;
      }
      scores.push(score);
      options.onDrill(drill, score);
      if (!isHealthy) await sandbox.stop();
    }
  } finally {
    await sandbox.stop();
  }
  const { machine, holdMs } = options;
  return { startedAt, endedAt: clock.now(), machine, holdMs, scores, notPossible };
}

/** Why it cannot be played here; null where it can. */
export function whyNot(drill: Drill, systems: readonly SystemEntry[]): string | null {
  const diagnoses = new Set(systems.flatMap((system) => system.diagnoses.map((one) => one.id)));
  const actions = new Set(systems.flatMap((system) => system.actions.map((one) => one.id)));
  const unnamed = drill.causes.find((causes) => !causes.some(({ diagnosis }) => diagnoses.has(diagnosis)));
  if (unnamed !== undefined) return `this Upkeep has no diagnosis ${unnamed[0]?.diagnosis} yet`;
  if (drill.actions.length > 0 && !drill.actions.some((id) => actions.has(id)))
    return `this Upkeep has no action ${drill.actions[0]} yet`;
  return drill.lacks({ systems });
}

/** One lab at a time; another of the same kind only after it was stopped. */
function keepLab(options: LabOptions) {
  let running: RunningLab | null = null;
  const stop = async () => {
    const ending = running;
    running = null;
    await ending
      ?.stop()
      .catch((error: unknown) => options.log(`the sandbox did not end well: ${messageOf(error)}`));
  };
  return {
    stop,
    async lab(name: RunningLab['name']): Promise<RunningLab> {
      if (running?.name !== name) await stop();
      running ??= await startLab(name, options);
      return running;
    },
  };
}
