/** Arguments in, exit code out. */

import { endQuietlyOnClosedPipes } from './cli/closed-pipe.ts';
import { createProgram } from './cli/program.ts';
import { systemClock } from './clock.ts';
import { takeEnvironment } from './machine/environment.ts';
import { notifiers } from './notifiers/index.ts';
import { systems } from './systems/index.ts';

export async function start(args: readonly string[]): Promise<void> {
  endQuietlyOnClosedPipes(args);
  process.exitCode = await createProgram({
    clock: systemClock,
    systems,
    notifiers,
    env: takeEnvironment(),
    cwd: process.cwd(),
  }).run(args);
}
