/** One drill from a healthy sandbox to a healthy sandbox. */
import type { DrillRecord } from '../core/drill/drill.ts';
import { type DrillScore, scoreDrill } from '../core/drill/score.ts';
import { formatDuration } from '../core/time.ts';
import { messageOf, until } from '../demo/until.ts';
import type { Ground, Play, Undo } from './drill.ts';
import { type Notebook, openNotebook } from './observe.ts';
import { damageBetween } from './state.ts';

export interface Played {
  readonly record: DrillRecord;
  readonly score: DrillScore;
  /** The sandbox is as it was: the next drill may use it. */
  readonly isHealthy: boolean;
}

const lookEveryMs = 250;
const defaultWithinMs = 60_000;
const healthyWithinMs = 60_000;
/** After all was seen: what else does it do? */
const afterthoughtMs = 3_000;

/** Its time to react, and ten minutes for all that comes before and after; backups and their proofs take some. */
export function longestMs({ withinMs = defaultWithinMs }: Pick<Play<Ground>, 'withinMs'>): number {
  return withinMs + 600_000;
}

/** As playDrill; one that does not end is given up, so that the next can be played in a sandbox of its own. */
export async function playWithin<On extends Ground>(
  drill: Play<On>,
  lab: On,
  holdMs: number,
  limitMs: number,
): Promise<Played> {
  const { clock } = lab;
  const injectedAt = clock.now();
  const { promise: givenUp, resolve } = Promise.withResolvers<Played>();
  const relax = clock.after(limitMs, () => {
    const record: DrillRecord = {
      ...{ plan: drill, injectedAt, endedAt: clock.now(), holdMs },
      ...{ alerts: [], findings: [], actions: [], symptom: [], damage: [] },
      trouble: `it did not end within ${formatDuration(limitMs)} and was given up`,
    };
    resolve({ record, score: scoreDrill(record), isHealthy: false });
  });
  return Promise.race([playDrill(drill, lab, holdMs), givenUp]).finally(relax);
}

/** @param holdMs how long the symptom must stay away after Upkeep's own action */
export async function playDrill<On extends Ground>(
  drill: Play<On>,
  lab: On,
  holdMs: number,
): Promise<Played> {
  const { clock } = lab;
  const undos: Undo[] = [];
  const startedAt = clock.now();
  let notebook = openNotebook(drill, lab, startedAt);
  let injectedAt = startedAt;
  let endedAt = startedAt;
  let trouble: string | null = null;
  let before: Awaited<ReturnType<Ground['state']>> = {};
  try {
    await becomesHealthy(lab);
    if (drill.prepare) undos.push(await drill.prepare(lab));
    await becomesHealthy(lab);
    before = await lab.state();
    injectedAt = clock.now();
    notebook = openNotebook(drill, lab, injectedAt);
    undos.push(await drill.inject(lab));
    await follow(drill, lab, notebook, { injectedAt, holdMs });
  } catch (error) {
    trouble = messageOf(error);
  }
  endedAt = clock.now();
  // The state before the preparation was taken back: what was prepared is no damage.
  const [prepared, ...injected] = drill.prepare ? undos : [undefined, ...undos];
  for (const undo of injected.reverse())
    await undo?.().catch((error: unknown) => (trouble ??= messageOf(error)));
  let isHealthy = await becomesHealthy(lab).then(
    () => true,
    () => false,
  );
  const after = trouble === null ? await lab.state().catch(() => null) : null;
  await prepared?.().catch((error: unknown) => (trouble ??= messageOf(error)));
  if (trouble !== null) isHealthy = false;
  const record: DrillRecord = {
    plan: drill,
    injectedAt,
    endedAt,
    ...notebook.record,
    holdMs,
    damage: after === null ? [] : damageBetween(before, after, drill.mayDiffer ?? []),
    trouble,
  };
  return { record, score: scoreDrill(record), isHealthy };
}

/** Looks until all that is expected was seen and held, or until the time is up. */
async function follow<On extends Ground>(
  drill: Play<On>,
  { clock, signal }: On,
  notebook: Notebook,
  { injectedAt, holdMs }: { injectedAt: number; holdMs: number },
): Promise<void> {
  const ends = injectedAt + (drill.withinMs ?? defaultWithinMs);
  let seenAt: number | null = null;
  while (clock.now() < ends) {
    await notebook.look();
    const record = {
      plan: drill,
      injectedAt,
      endedAt: clock.now(),
      ...notebook.record,
      holdMs,
      damage: [],
      trouble: null,
    };
    const { passed } = scoreDrill(record);
    // A control is watched to the end: there is nothing to wait for.
    if (passed && drill.causes.length > 0) seenAt ??= clock.now();
    else seenAt = null;
    if (seenAt !== null && clock.now() - seenAt >= afterthoughtMs) return;
    await clock.sleep(lookEveryMs, signal);
  }
}

/** Every target answers, every check has run, as what changed is told only of what was seen before, and no incident is open. */
export async function becomesHealthy({ clock, signal, watch }: Ground): Promise<void> {
  let lacking = '';
  await until(
    clock,
    'a healthy sandbox',
    healthyWithinMs,
    async () => {
      const { targets, incidents } = await watch.overview();
      lacking = [
        ...incidents.filter((one) => one.status !== 'resolved').map((one) => one.title),
        ...targets
          .filter((one) => one.health !== 'ok')
          .map((one) => `${one.name} is ${one.health}: ${one.detail}`),
      ].join('; ');
      if (lacking !== '') throw new Error(lacking);
      for (const { name } of targets) {
        const { checks } = await watch.target(name);
        const waiting = checks.filter((check) => check.lastAt === null).map((check) => check.probe);
        if (waiting.length > 0) throw new Error(`${waiting.join(', ')} of ${name} has not run yet`);
      }
      return true;
    },
    { everyMs: lookEveryMs, hasFailed: () => (signal?.aborted ? 'stopped' : undefined) },
  );
}
