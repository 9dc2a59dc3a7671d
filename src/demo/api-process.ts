import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../core/time.ts';
import type { ApiSettings } from './api.ts';
import { get } from './http.ts';
import type { Processes } from './processes.ts';
import { until } from './until.ts';

export interface DemoApi {
  readonly port: number;
  readonly tlsPort: number | null;
  readonly pidFile: string;
  /** What starts it, for us and for Upkeep's `process.restart`. */
  readonly argv: readonly string[];
  readonly folder: string;
  /** Where its output goes, whoever starts it. */
  readonly log: string;
  /** The process that the pid file names, when it is there and one of this stack's. */
  pid(): number | undefined;
  signal(signal: NodeJS.Signals): boolean;
  /** Starts it where it does not run. */
  ensure(): Promise<void>;
  stop(): Promise<void>;
}

export async function startApi(options: {
  folder: string;
  settings: Omit<ApiSettings, 'pidFile'>;
  processes: Processes;
  clock: Clock;
}): Promise<DemoApi> {
  const { folder, processes, clock } = options;
  const pidFile = join(folder, 'api.pid');
  const file = join(folder, 'api.json');
  const settings: ApiSettings = { ...options.settings, pidFile };
  writeFileSync(file, JSON.stringify(settings, null, 2), { mode: 0o600 });
  const [command, ...args] = [process.execPath, program(), file];

  const pid = () => {
    const written = readPid(pidFile);
    return written !== undefined && processes.owns(written) ? written : undefined;
  };
  const signal = (name: NodeJS.Signals) => {
    const current = pid();
    return current !== undefined && processes.signal(current, name);
  };
  const ensure = async () => {
    if (pid() !== undefined) return;
    const running = await processes.start({ name: 'api', command, args, cwd: folder, end: 'KILL' });
    const isReady = async () => (await get(`http://127.0.0.1:${settings.port}/live`, 1_000)).status === 200;
    // Somebody else (Upkeep) may have started it meanwhile; ours then ends on the taken port.
    const hasFailed = () => (pid() === undefined ? running.failure() : undefined);
    await until(clock, 'the start of the API', 20_000, isReady, { hasFailed });
  };
  await ensure();
  return {
    port: settings.port,
    tlsPort: settings.tls?.port ?? null,
    pidFile,
    argv: [command, ...args],
    folder,
    log: join(folder, 'api.log'),
    pid,
    signal,
    ensure,
    async stop() {
      signal('SIGKILL');
      await until(clock, 'the end of the API', 3_000, () => pid() === undefined, { everyMs: 10 }).catch(
        () => {},
      );
    },
  };
}

/** `api.ts` in the source tree, `api.js` in the published package. */
function program(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./api.${extension}`, import.meta.url));
}

function readPid(path: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
    return pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}
