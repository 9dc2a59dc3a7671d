/** `upkeep drill run --target`: on a target of the configuration, which must allow it and must not be production. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Configuration } from '../core/configuration.ts';
import { stagingDrills } from '../drills/staging/drills.ts';
import { allowedTarget, NotAllowed, runOnTarget } from '../drills/staging/run.ts';
import { chooseConfiguration, Usage } from './configuration.ts';
import { machine, playAndReport, type Reporting, sayProgress } from './drill-session.ts';
import { watchWith } from './drill-watch.ts';
import type { Session } from './session.ts';

const known = stagingDrills.map(({ id }) => id);

/** Throws Usage, before anything begins, where it may not be played there. */
export async function runDrillsOnTarget(
  session: Session,
  target: string,
  names: readonly string[],
  options: Reporting & { readonly config?: string },
): Promise<void> {
  for (const name of names)
    if (!known.includes(name))
      throw new Usage(`${name} cannot be played on a target; these can: ${known.join(', ')}`);
  const { reading } = await chooseConfiguration(session.world, options.config);
  if (options.continue || options.atMostMs !== undefined)
    throw new Usage('--continue and --for are for the drills of the sandbox; on a target few are played');
  if (reading.configuration === undefined)
    throw new Usage('the configuration has problems: upkeep check says which');
  try {
    await play(session, reading.configuration, target, names, options);
  } catch (error) {
    if (error instanceof NotAllowed) throw new Usage(error.message);
    throw error;
  }
}

function play(
  session: Session,
  configuration: Configuration,
  target: string,
  names: readonly string[],
  options: Reporting,
): Promise<void> {
  const { world, terminal } = session;
  allowedTarget(configuration, target);
  return playAndReport(session, options, async (signal) => {
    const folder = mkdtempSync(join(tmpdir(), 'upkeep-drill-'));
    try {
      return await runOnTarget(configuration, target, names, {
        clock: world.clock,
        signal,
        holdMs: options.holdMs,
        machine: `${machine()}, on the target ${target}`,
        watch: (watched) => watchWith(watched, folder, world),
        onDrill: sayProgress(terminal, names.length || known.length, world.clock),
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
