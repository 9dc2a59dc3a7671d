/** Drills on a target of the configuration that allows them: one after the other, watched by an Upkeep of their own. */
import { defaultAccess } from '../../core/access.ts';
import type { Configuration, TargetSettings } from '../../core/configuration.ts';
import { whyNoDrill } from '../../core/drill/allowed.ts';
import type { DrillScore } from '../../core/drill/score.ts';
import type { Scoreboard } from '../../core/drill/scoreboard.ts';
import { noOnCall } from '../../core/oncall/model.ts';
import type { Clock } from '../../core/time.ts';
import type { Watch } from '../drill.ts';
import { playDrill } from '../play.ts';
import { type StagingDrill, type StagingGround, stagingDrills, stateOfTarget } from './drills.ts';

/** Said before anything was begun. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed';
}

export interface StagingOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly holdMs: number;
  readonly machine: string;
  /** Starts an Upkeep with this configuration and a store of its own. */
  watch(configuration: Configuration): Promise<Watch>;
  onDrill(drill: StagingDrill, score: DrillScore | null): void;
}

/** @throws NotAllowed where the target is none, is production, does not allow drills, or none is known for its system */
export async function runOnTarget(
  configuration: Configuration,
  name: string,
  wanted: readonly string[],
  options: StagingOptions,
): Promise<Scoreboard> {
  const target = allowedTarget(configuration, name);
  const drills = stagingDrills.filter(
    ({ id, system }) => system === target.system && (wanted.length === 0 || wanted.includes(id)),
  );
  const { url } = target.settings;
  if (drills.length === 0 || typeof url !== 'string')
    throw new NotAllowed(`no drill is known that can be played on ${name} (${target.system})`);
  const { clock, signal, holdMs, machine } = options;
  const startedAt = clock.now();
  const scores: DrillScore[] = [];
  const watch = await options.watch(onlyWatching(configuration, target));
  try {
    const ground: StagingGround = {
      clock,
      ...(signal ? { signal } : {}),
      watch,
      target: name,
      url,
      state: () => stateOfTarget({ url }),
    };
    for (const drill of drills) {
      if (signal?.aborted) break;
      options.onDrill(drill, null);
      const causes = [[{ diagnosis: drill.diagnosis, target: name }]];
      const { score } = await playDrill({ ...drill, causes }, ground, holdMs);
      scores.push(score);
      options.onDrill(drill, score);
    }
  } finally {
    await watch.stop();
  }
  return { startedAt, endedAt: clock.now(), machine, holdMs, scores, notPossible: [] };
}

export function allowedTarget({ targets }: Configuration, name: string): TargetSettings {
  const target = targets.find((one) => one.name === name);
  if (target === undefined) throw new NotAllowed(`there is no target ${name}`);
  const why = whyNoDrill(target);
  if (why !== null) throw new NotAllowed(why);
  return target;
}

/** The target with its rules and intervals; nobody is called, and nothing is done without a yes, which nobody gives. */
export function onlyWatching(configuration: Configuration, target: TargetSettings): Configuration {
  const { model: _, statusPage: __, canaries: ___, ...rest } = configuration;
  return {
    ...rest,
    name: 'drills',
    publicUrl: null,
    targets: [{ ...target, dependsOn: [] }],
    services: [],
    notifiers: [],
    escalation: { low: [], medium: [], high: [], critical: [] },
    oncall: noOnCall,
    access: defaultAccess,
    guard: { ...configuration.guard, never: [], always: [], ask: [{ action: '*', target: '*' }] },
    maintenance: [],
    backups: [],
  };
}
