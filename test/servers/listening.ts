/** A real server with its configuration in a temporary folder, on a free port of 127.0.0.1. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { type Binary, required } from './installed.ts';
import { type RunningServer, removeFolder, startServer, temporaryFolder } from './process.ts';

export interface ListeningServer extends RunningServer {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
}

export interface Listening {
  readonly binary: Binary;
  readonly port?: number | undefined;
  /** Text by name; they are written before the start. */
  readonly files: (port: number) => Readonly<Record<string, string>>;
  readonly args: (port: number, folder: string) => readonly string[];
  /** The line of its output that says it takes connections. */
  readonly ready: RegExp;
}

/** Its folder goes with it. */
export async function startListening({ binary, ready, ...how }: Listening): Promise<ListeningServer> {
  const command = required(binary);
  const folder = temporaryFolder(binary.name);
  const port = how.port ?? (await freePort());
  for (const [name, text] of Object.entries(how.files(port))) writeFileSync(join(folder, name), text);
  const server = await startServer({ command, args: how.args(port, folder), folder, ready });
  return {
    ...server,
    port,
    folder,
    url: `http://127.0.0.1:${port}`,
    async stop(signal) {
      await server.stop(signal);
      removeFolder(folder);
    },
  };
}
