/** Finds the declared process, and never takes another one for it. */
import { readFile, readlink, realpath, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { allProcesses, describeCommand, type ProcessFacts, processFacts } from '../../machine/processes.ts';
import { matcher, type ProcessConfig } from './config.ts';
import { isStartedFor, pidFileNamedBy } from './pid-file.ts';

export type Located =
  | { readonly kind: 'found'; readonly facts: ProcessFacts }
  | { readonly kind: 'gone'; readonly detail: string }
  | { readonly kind: 'several'; readonly pids: readonly number[]; readonly detail: string }
  | { readonly kind: 'unseen'; readonly detail: string };

type Declared = Pick<ProcessConfig, 'pidFile' | 'match' | 'start'> &
  Partial<Pick<ProcessConfig, 'cwd' | 'env'>>;

export async function locate(config: Declared, folder: string): Promise<Located> {
  if (config.pidFile !== undefined) {
    const path = resolve(folder, config.pidFile);
    const named = await locateByPidFile(path, config.match);
    if (named.kind !== 'gone') return named;
    const started = await locateStarted(config.start, path);
    if (started !== undefined) return started;
    const other = named.isWithoutFile ? await runsUnnamed(config, folder) : undefined;
    return other === undefined ? named : { kind: 'unseen', detail: wrongPidFile(path, other) };
  }
  const isMeant = declaredMatcher(config);
  const what = config.match === undefined ? describeCommand(config.start ?? []) : `"${config.match}"`;
  return locateByCommand(isMeant, what);
}

/** Pid files are written after the start; a process that started this much later reuses the pid. */
const reuseMarginMs = 60_000;

async function locateByPidFile(
  path: string,
  match: string | undefined,
): Promise<Located & { readonly isWithoutFile?: true }> {
  let text: string;
  let writtenAt: number;
  try {
    [text, { mtimeMs: writtenAt }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT')
      return { kind: 'gone', detail: `not running: there is no pid file ${path}`, isWithoutFile: true };
    return {
      kind: 'unseen',
      detail: `the pid file ${path} cannot be read (${String(code)}): let Upkeep read it`,
    };
  }
  const pid = Number.parseInt(text.trim(), 10);
  if (!/^\d+\s*$/.test(text.split('\n')[0] ?? '') || pid <= 1) {
    return { kind: 'gone', detail: `not running: ${path} holds no process id` };
  }
  const facts = await processFacts(pid);
  if (facts === undefined)
    return { kind: 'gone', detail: `not running: no process ${pid} (${basename(path)})` };
  if (facts.state === 'zombie') return zombie(facts);
  const isOther =
    match === undefined ? facts.startedAt > writtenAt + reuseMarginMs : !lineMatcher(match)(facts);
  if (isOther) {
    return {
      kind: 'gone',
      detail: `not running: pid ${pid} of ${basename(path)} is ${facts.name} now, another process`,
    };
  }
  return { kind: 'found', facts };
}

/** What Upkeep started for this pid file and still lives, though the file is missing or names another. */
async function locateStarted(
  start: readonly string[] | undefined,
  path: string,
): Promise<Located | undefined> {
  if (start === undefined) return undefined;
  const isMeant = sameCommand(start);
  for (const facts of await allProcesses()) {
    if (facts.state !== 'zombie' && isMeant(facts) && (await isStartedFor(path, facts.pid))) {
      return { kind: 'found', facts };
    }
  }
  return undefined;
}

/**
 * The declared program where its pid file does not name it: the same command line in the same folder with the declared
 * environment. Another copy that Upkeep started for a pid file of its own is none.
 */
export async function runsUnnamed(config: Declared, folder: string): Promise<ProcessFacts | undefined> {
  const { match, start, pidFile, cwd, env = {} } = config;
  if (pidFile === undefined || (match === undefined && start === undefined)) return undefined;
  const everybody = await allProcesses();
  const protectedPids = ancestors(everybody, process.pid);
  const isMeant = declaredMatcher(config);
  const declared = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const place = await realpath(cwd === undefined ? folder : resolve(folder, cwd)).catch(() => undefined);
  for (const facts of everybody) {
    if (protectedPids.has(facts.pid) || facts.state === 'zombie' || !isMeant(facts)) continue;
    // What another user runs hides both; then the command line alone speaks, and against a second start.
    const at = await readlink(`/proc/${facts.pid}/cwd`).catch(() => undefined);
    if (match === undefined && at !== undefined && place !== undefined && at !== place) continue;
    const environment = await readFile(`/proc/${facts.pid}/environ`, 'utf8').catch(() => '');
    const set = environment.split('\0');
    if (environment !== '' && !declared.every((one) => set.includes(one))) continue;
    const named = pidFileNamedBy(set);
    if (named === undefined || named === resolve(folder, pidFile)) return facts;
  }
  return undefined;
}

export function wrongPidFile(path: string, { pid, name }: Pick<ProcessFacts, 'pid' | 'name'>): string {
  return `pid ${pid} (${name}) runs the declared command, and the pid file ${path} does not name it: the pid file is wrong; correct pidFile, or leave it out and declare match`;
}

async function locateByCommand(isMeant: (facts: ProcessFacts) => boolean, what: string): Promise<Located> {
  const everybody = await allProcesses();
  const protectedPids = ancestors(everybody, process.pid);
  const found = everybody.filter((facts) => !protectedPids.has(facts.pid) && isMeant(facts));
  const living = found.filter((facts) => facts.state !== 'zombie');
  // Workers show the command line of the process that forked them.
  const pids = new Set(living.map((facts) => facts.pid));
  const roots = living.filter((facts) => !pids.has(facts.parentPid));
  const [first, second] = roots;
  if (first === undefined) {
    return found[0]
      ? zombie(found[0])
      : { kind: 'gone', detail: `not running: no process has the command line ${what}` };
  }
  if (second === undefined) return { kind: 'found', facts: first };
  const all = roots.map((facts) => facts.pid).sort((a, b) => a - b);
  return {
    kind: 'several',
    pids: all,
    detail: `${all.length} processes have the command line ${what}: ${all.join(', ')}`,
  };
}

function zombie(facts: ProcessFacts): Located {
  return {
    kind: 'gone',
    detail: `not running: pid ${facts.pid} (${facts.name}) has ended and waits for its parent`,
  };
}

function declaredMatcher({ match, start }: Declared): (facts: ProcessFacts) => boolean {
  return match === undefined ? sameCommand(start ?? []) : lineMatcher(match);
}

function lineMatcher(match: string): (facts: ProcessFacts) => boolean {
  const matches = matcher(match) ?? (() => false);
  return (facts) => facts.command.length > 0 && matches(facts.command.join(' '));
}

/** The same arguments; an interpreter may stand before them and the program may have been found by PATH. */
function sameCommand(start: readonly string[]): (facts: ProcessFacts) => boolean {
  const [program = '', ...rest] = start;
  return ({ command }) => {
    const tail = command.slice(command.length - rest.length);
    const own = command[command.length - rest.length - 1];
    return (
      own !== undefined &&
      basename(own) === basename(program) &&
      tail.every((argument, index) => argument === rest[index])
    );
  };
}

/** A process and all above it. */
function ancestors(everybody: readonly ProcessFacts[], pid: number): Set<number> {
  const parents = new Map(everybody.map((facts) => [facts.pid, facts.parentPid]));
  const line = new Set<number>();
  for (let at: number | undefined = pid; at !== undefined && !line.has(at); at = parents.get(at))
    line.add(at);
  return line;
}

/** Why a process must never be signalled, whatever names it; undefined where nothing speaks against it. */
export async function protectedBecause(facts: ProcessFacts): Promise<string | undefined> {
  if (facts.pid <= 1) return 'pid 1 is the root of all processes';
  if (facts.command.length === 0) return `pid ${facts.pid} belongs to the kernel`;
  return ancestors(await allProcesses(), process.pid).has(facts.pid)
    ? `pid ${facts.pid} is Upkeep or what Upkeep runs under`
    : undefined;
}
