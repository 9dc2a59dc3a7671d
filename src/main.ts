/** Arguments in, exit code out. */

import { delimiter } from 'node:path';
import { calledAs } from './cli/called-as.ts';
import { endQuietlyOnClosedPipes } from './cli/closed-pipe.ts';
import { createProgram } from './cli/program.ts';
import { systemClock } from './clock.ts';
import { takeEnvironment } from './machine/environment.ts';
import { notifiers } from './notifiers/index.ts';
import { systems } from './systems/index.ts';

export async function start(args: readonly string[]): Promise<void> {
  endQuietlyOnClosedPipes(args);
  const [env, cwd] = [takeEnvironment(), process.cwd()];
  const call = calledAs({
    script: process.argv[1] ?? '',
    cwd,
    path: (env.PATH ?? '').split(delimiter),
    npmScript: env.npm_lifecycle_event,
  });
  process.exitCode = await createProgram({ clock: systemClock, systems, notifiers, env, cwd, call }).run(
    args,
  );
}
