/** Which configuration a command uses: the file that is named or found, else what discovery proposes. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, relative, resolve } from 'node:path';
import { discover, type GivenNames, guessesAmong, thingKey } from '../config/discover.ts';
import { loadConfiguration } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { type ConfigurationReading, readConfiguration } from '../config/read.ts';
import { writeConfiguration } from '../config/write.ts';
import type { Configuration } from '../core/configuration.ts';
import type { Proposal, Surroundings } from '../core/system.ts';
import { lookAround } from '../machine/surroundings.ts';
import { givenNamesFile, readGivenNames } from './given-names.ts';
import type { World } from './world.ts';

export interface Chosen {
  /** Null where it was discovered. */
  readonly file: string | null;
  readonly text: string;
  readonly reading: ConfigurationReading;
  /** Of what was discovered; empty where there is a file. */
  readonly names: GivenNames;
}

export const defaultFile = 'upkeep.yaml';

/** Ends the command with exit code 2 and one clear text. */
export class Usage extends Error {
  override readonly name = 'Usage';
}

/** A line each, which begin with their place: `upkeep.yaml:4:12 …`, `--reason: …`. */
export class Problems extends Usage {}

export function shownPath(world: World, file: string): string {
  const path = relative(world.cwd, file);
  return path === '' || path.startsWith('..') ? file : path;
}

export function loadFile(world: World, file: string): ConfigurationReading {
  return loadConfiguration({
    file: shownPath(world, file),
    env: world.env,
    systems: world.systems,
    notifiers: world.notifiers,
  });
}

/** Reads the file, or discovers where none was named and none is there. */
export async function chooseConfiguration(
  world: World,
  named: string | undefined,
  store?: string,
): Promise<Chosen> {
  const file = resolve(world.cwd, named ?? world.env.UPKEEP_CONFIG ?? defaultFile);
  if (named !== undefined || world.env.UPKEEP_CONFIG !== undefined || existsSync(file)) {
    return { file, text: '', reading: loadFile(world, file), names: new Map() };
  }
  const { text, found, guesses, passing } = await proposeConfiguration(world, store);
  const reading = withGuesses(
    readConfiguration({
      file,
      text,
      env: world.env,
      systems: world.systems,
      notifiers: world.notifiers,
      readFile: (path) => readFileSync(path, 'utf8'),
    }),
    guesses,
    passing,
  );
  const names = new Map(found.map((proposal) => [thingKey(proposal), proposal.name]));
  return { file: null, text, reading, names };
}

function withGuesses(
  reading: ConfigurationReading,
  guesses: ReadonlySet<string>,
  passing: ReadonlySet<string>,
): ConfigurationReading {
  const { configuration } = reading;
  if (configuration === undefined) return reading;
  const targets = configuration.targets.map((target) =>
    guesses.has(target.name)
      ? {
          ...target,
          isGuess: true as const,
          ...(passing.has(target.name) ? { isPassing: true as const } : {}),
        }
      : target,
  );
  return { ...reading, configuration: { ...configuration, targets } };
}

export async function proposeConfiguration(
  world: World,
  store?: string,
): Promise<{
  readonly text: string;
  readonly found: readonly Proposal[];
  readonly guesses: ReadonlySet<string>;
  /** Those of them that run in a terminal. */
  readonly passing: ReadonlySet<string>;
}> {
  const surroundings = await lookAround({ env: world.env, folder: world.cwd, clock: world.clock });
  const remembered = readGivenNames(givenNamesFile(world.cwd, store));
  const proposals = await discover(surroundings, world.systems, remembered);
  const text = writeConfiguration({
    name: basename(world.cwd) || 'upkeep',
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    proposals,
    idle: surroundings.idle,
    lent: await lentServers(surroundings),
    rendered: surroundings.rendered,
    isVariableSet: (name) =>
      surroundings.urls.some((url) => url.variable === name) || world.env[name] !== undefined,
    notifiers: world.notifiers.map((notifier) => notifier.kind),
  });
  const passing = new Set(proposals.filter(({ isPassing }) => isPassing).map(({ name }) => name));
  return { text, found: proposals, guesses: guessesAmong(proposals, surroundings), passing };
}

/** What could be watched on a port that the kernel lent it: not watched unasked, but said. */
async function lentServers({ listeners, sniff }: Surroundings) {
  const lent = listeners.filter(({ isLent }) => isLent);
  const spoken = await Promise.all(
    lent.map(async (one) => ({ ...one, protocol: await sniff(one.address, one.port) })),
  );
  return spoken.flatMap(({ protocol, ...one }) =>
    protocol === 'unknown' || protocol === 'closed' ? [] : { ...one, protocol },
  );
}

/** The configuration, or a Usage error that lists every problem. */
export function requireConfiguration({ reading }: Chosen): Configuration {
  if (reading.configuration) return reading.configuration;
  throw new Problems(reading.problems.map(formatProblem).join('\n'));
}
