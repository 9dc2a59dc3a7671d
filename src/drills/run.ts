/** Plays drills one after the other, those of one sandbox together. */

import type { DrillScore } from '../core/drill/score.ts';
import type { NotPossible, Scoreboard } from '../core/drill/scoreboard.ts';
import type { SystemEntry } from '../core/system.ts';
import { messageOf } from '../demo/until.ts';
import { type Drill, labs } from './drill.ts';
import { hurried } from './hurry.ts';
import { type LabOptions, type RunningLab, startLab } from './lab.ts';
import { longestMs, playWithin } from './play.ts';

export interface RunOptions extends LabOptions {
  readonly holdMs: number;
  readonly machine: string;
  /** No drill begins after this long, milliseconds. */
  readonly atMostMs?: number;
  /** Before each drill, and after it with its score. */
  onDrill(drill: Drill, score: DrillScore | null): void;
  /** After each drill: all that was played so far. */
  onBoard?(board: Scoreboard): void;
}

export async function runDrills(drills: readonly Drill[], options: RunOptions): Promise<Scoreboard> {
  const { clock, machine, holdMs, signal } = options;
  const startedAt = clock.now();
  const scores: DrillScore[] = [];
  const notPossible: NotPossible[] = [];
  const board = (): Scoreboard => ({
    ...{ startedAt, endedAt: clock.now(), machine, holdMs },
    ...{ scores: [...scores], notPossible: [...notPossible] },
  });
  const sandbox = keepLab({ ...options, systems: hurried(options.systems) });
  try {
    for (const drill of drills.toSorted((a, b) => labs.indexOf(a.lab) - labs.indexOf(b.lab))) {
      const began = clock.now();
      const played = notNow(drill, options, began - startedAt) ?? (await play(drill, sandbox, options));
      if (typeof played === 'string') {
        const { id, title, row } = drill;
        notPossible.push({ id, title, row, why: signal?.aborted ? stopped : played });
        continue;
      }
      const score = { ...played, tookMs: clock.now() - began };
      scores.push(score);
      options.onDrill(drill, score);
      options.onBoard?.(board());
    }
  } finally {
    await sandbox.stop();
  }
  return board();
}

const stopped = 'stopped before it was played';

function notNow(drill: Drill, { signal, atMostMs, systems }: RunOptions, elapsedMs: number): string | null {
  if (signal?.aborted) return stopped;
  if (atMostMs !== undefined && elapsedMs >= atMostMs) return 'the time was up before it was played';
  return whyNot(drill, systems);
}

/** Its score, or why it could not be played; one that goes wrong takes its sandbox along and no other drill. */
async function play(
  drill: Drill,
  sandbox: ReturnType<typeof keepLab>,
  options: RunOptions,
): Promise<DrillScore | string> {
  options.onDrill(drill, null);
  const lab = await sandbox.lab(drill.lab).catch((error: unknown) => messageOf(error));
  if (typeof lab === 'string') return `its sandbox did not start: ${lab}`;
  const { score, isHealthy } = await playWithin(drill, lab, options.holdMs, longestMs(drill));
  if (options.signal?.aborted) return stopped;
  if (!isHealthy) await sandbox.stop();
  return score;
}

/** Why it cannot be played here; null where it can. */
export function whyNot(drill: Drill, systems: readonly SystemEntry[]): string | null {
  const diagnoses = new Set(systems.flatMap((system) => system.diagnoses.map((one) => one.id)));
  const actions = new Set(systems.flatMap((system) => system.actions.map((one) => one.id)));
  const unnamed = drill.causes.find((causes) => !causes.some(({ diagnosis }) => diagnoses.has(diagnosis)));
  if (unnamed !== undefined && drill.saw === undefined)
    return `this Upkeep has no diagnosis ${unnamed[0]?.diagnosis} yet`;
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
