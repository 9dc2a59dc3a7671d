/** The command line as users call it, in a folder of its own. */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { node, upkeep, upkeepProcess } from '../crash/upkeep-process.ts';
import { temporaryFolder } from '../servers/process.ts';

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface CommandLine {
  readonly folder: string;
  /** JSON is YAML: the text of the configuration, or its value. */
  configure(configuration: string | Readonly<Record<string, unknown>>): void;
  /** Runs `upkeep …` in the folder to its end. */
  call(...args: string[]): Promise<Ended>;
  /** `upkeep run` on a free port, in the background. */
  run(): Promise<Running>;
  remove(): void;
}

export interface Running {
  readonly url: string;
  /** All that was printed and logged. */
  log(): string;
  /** The API as the command line uses it. */
  api(path: string): Promise<unknown>;
  stop(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
}

export interface CommandLineOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Puts another program in front, such as setpriv. */
  readonly through?: readonly string[];
}

/** Colours of a test runner, and the configuration of whoever runs the tests, are not for the commands under test. */
const { FORCE_COLOR, NO_COLOR, UPKEEP_CONFIG, UPKEEP_URL, UPKEEP_TOKEN, ...inherited } = process.env;

export function commandLine(options: CommandLineOptions = {}): CommandLine {
  const folder = temporaryFolder('cli');
  const data = join(folder, 'data');
  return {
    folder,
    configure(configuration) {
      const text = typeof configuration === 'string' ? configuration : JSON.stringify(configuration, null, 2);
      writeFileSync(join(folder, 'upkeep.yaml'), text);
    },
    call: (...args) => callIn(folder, args, options),
    async run() {
      const log = join(folder, 'upkeep.log');
      const running = upkeepProcess({
        folder,
        config: 'upkeep.yaml',
        runFile: join(data, 'run.json'),
        log,
      });
      running.start();
      await running.ready();
      const { url, token } = JSON.parse(readFileSync(join(data, 'run.json'), 'utf8')) as Record<
        string,
        string
      >;
      return {
        url: url ?? '',
        log: () => readFileSync(log, 'utf8'),
        async api(path) {
          const headers = { authorization: `Bearer ${token}` };
          return (await fetch(`${url}/api/v1${path}`, { headers })).json();
        },
        stop: running.stop,
        kill() {
          running.kill();
          return running.gone();
        },
      };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A command that should have ended is ended; its code is null then. */
const longestMs = 180_000;

function callIn(folder: string, args: readonly string[], options: CommandLineOptions): Promise<Ended> {
  const [program = node, ...words] = [...(options.through ?? []), node, upkeep, ...args];
  const child = spawn(program, words, {
    cwd: folder,
    env: { ...inherited, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const deadline = setTimeout(() => child.kill('SIGKILL'), longestMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => clearTimeout(deadline));
    child.once('close', (code) => resolve({ code, out, err }));
  });
}
