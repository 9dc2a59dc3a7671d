/** Upkeep as a user runs it: its own process, its own configuration, a store in a temporary folder. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeFolder, startServer, temporaryFolder } from '../test/servers/process.ts';
import { publishedProgram } from './published.ts';

export interface WatchedUrl {
  readonly name: string;
  readonly url: string;
}

export interface RunningProgram {
  /** Every process whose CPU and memory count. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

export async function startUpkeep(options: {
  readonly watched: readonly WatchedUrl[];
  readonly every: string;
  /** Upkeep's own lines of configuration after its targets. */
  readonly more?: string;
  /** For profiles: given to node before the program. */
  readonly nodeArguments?: readonly string[];
}): Promise<RunningProgram> {
  const folder = temporaryFolder('bench-upkeep');
  const file = join(folder, 'upkeep.yaml');
  const targets = options.watched.map(
    ({ name, url }) => `  ${name}: { system: http, url: "${url}", every: ${options.every} }`,
  );
  writeFileSync(file, `name: bench\ntargets:\n${targets.join('\n')}\n${options.more ?? ''}\n`);
  const server = await startServer({
    command: process.execPath,
    args: [
      ...(options.nodeArguments ?? []),
      publishedProgram(),
      'run',
      '--config',
      file,
      '--port',
      '0',
      '--store',
      join(folder, 'data'),
    ],
    folder,
    ready: /Ctrl-C stops/,
  }).catch((error: unknown) => {
    removeFolder(folder);
    throw error;
  });
  return {
    pids: [server.pid],
    async stop() {
      await server.stop();
      removeFolder(folder);
    },
  };
}
