/** Arguments in, exit code out. */

import { createProgram } from './cli/program.ts';
import { systemClock } from './clock.ts';
import { notifiers } from './notifiers/index.ts';
import { systems } from './systems/index.ts';

export async function start(args: readonly string[]): Promise<void> {
  process.exitCode = await createProgram({
    clock: systemClock,
    systems,
    notifiers,
    env: process.env,
    cwd: process.cwd(),
  }).run(args);
}
