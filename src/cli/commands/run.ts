import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type App, createApp } from '../../app.ts';
import type { GivenNames } from '../../config/discover.ts';
import { configurationFile } from '../../config/file.ts';
import { formatProblem } from '../../config/problem.ts';
import { watchConfiguration } from '../../config/watch.ts';
import type { Configuration } from '../../core/configuration.ts';
import { count } from '../../core/count.ts';
import { grouped, named, type Some } from '../../core/fold.ts';
import { untoldWarning } from '../../core/oncall/untold.ts';
import { targetsListed, targetsNamed } from '../../core/target-groups.ts';
import { createLog, type Log, type LogForm } from '../../log.ts';
import { webFolder } from '../ask.ts';
import {
  type Chosen,
  chooseConfiguration,
  defaultFile,
  loadFile,
  requireConfiguration,
  Usage,
} from '../configuration.ts';
import { buildDashboard } from '../dashboard-build.ts';
import { endOnFailure } from '../end-on-failure.ts';
import { givenNamesFile, writeGivenNames } from '../given-names.ts';
import { moment } from '../moments.ts';
import type { Session } from '../session.ts';
import { portRefusal } from '../taken-port.ts';
import { paint, plain, type Terminal, table } from '../terminal.ts';
import type { World } from '../world.ts';

interface RunOptions {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly store?: string;
  readonly json?: boolean;
}

export function runCommand(program: Command, session: Session): void {
  program
    .command('run')
    .description('the service: loop, schedule, dashboard and API on 127.0.0.1:4747')
    .option('-c, --config <file>', 'the configuration; what discovery finds where there is none')
    .option('--host <address>', 'listen there instead of where the configuration says')
    .option('--port <number>', 'listen there instead of where the configuration says')
    .option('--store <place>', 'a folder or postgres://… instead of what the configuration says')
    .option('--json', 'log as JSON lines; readable lines when left out, also into a file or a journal')
    .addHelpText(
      'after',
      '\nExamples:\n  upkeep run\n  upkeep run --config /etc/upkeep/upkeep.yaml --json\n  upkeep run --port 4750',
    )
    .action((options: RunOptions) => run(session, options));
}

async function run(session: Session, options: RunOptions): Promise<void> {
  const { world, terminal } = session;
  const chosen = await chooseConfiguration(world, options.config, options.store);
  const override = (configuration: Configuration) => withOptions(configuration, options);
  const configuration = override(requireConfiguration(chosen));
  const isJson = options.json === true;
  const log = createLog({
    ...logForm(session, configuration, isJson),
    level: world.env.UPKEEP_LOG ?? 'info',
  });
  await buildDashboard(webFolder, (line) => terminal.err(line));
  // What a quieter log must not hold back: the link of the first visit, and what a notifier was asked to tell.
  const told = createLog({ form: 'json', level: 'info' });
  const print = isJson ? asLogLine(told, terminal) : terminal.out;
  let app: App | undefined;
  const calm = endOnFailure({
    ...{ clock: world.clock, from: process, log },
    stop: async (failure) => app?.stop(failure),
    leave: (code) => process.exit(code),
  });
  // Heard from here on: what a start has begun, its end takes back. A second signal ends it at once.
  const toldToStop = untilToldToStop();
  app = await startApp(session, { chosen, configuration, log, print });
  if (chosen.file === null) keepNames(world, options.store, chosen.names, log);
  if (isJson) greetInLog(told, app, configuration, chosen);
  else greet(session, app, configuration, chosen);
  const watcher = followFile(session, { chosen, app, log, override });
  const warning = configuration.notifiers.length > 0 ? untoldWarning(configuration) : null;
  if (warning !== null) log.warn(warning);
  await toldToStop;
  log.info('stopping');
  watcher.stop();
  await app.stop();
  calm();
}

/** Without a file, the first one that appears where it would have been found comes into force too. */
function followFile(
  { world }: Session,
  running: {
    readonly chosen: Chosen;
    readonly app: Pick<App, 'reload'>;
    readonly log: Log;
    readonly override: (configuration: Configuration) => Configuration;
  },
): { stop(): void } {
  const { chosen, app, log, override } = running;
  const file = chosen.file ?? resolve(world.cwd, defaultFile);
  return watchConfiguration({
    file,
    clock: world.clock,
    load: () => loadFile(world, file),
    onReading(reading) {
      // Without it, what was in force stays so.
      if (chosen.file === null && !existsSync(file)) return;
      for (const problem of reading.problems) log.error(formatProblem(problem));
      const next = reading.configuration
        ? { ...reading, configuration: override(reading.configuration) }
        : reading;
      if (chosen.file === null)
        log.info(`${defaultFile} is there now and read on every change; a restart lets the page edit it`);
      app
        .reload(next)
        .catch((error: unknown) =>
          log.error('the configuration could not be put into force', { error: String(error) }),
        );
    },
  });
}

/** A start must not fail for want of them. */
function keepNames({ cwd }: World, store: string | undefined, names: GivenNames, log: Log): void {
  try {
    writeGivenNames(givenNamesFile(cwd, store), names);
  } catch (error) {
    log.warn('the names of discovered targets could not be kept for the next start', {
      error: String(error),
    });
  }
}

/** A file, a pipe or a journal keeps lines for later readers: they say when. */
function logForm({ world }: Session, { timezone }: Configuration, isJson: boolean): LogForm {
  if (isJson) return { form: 'json' };
  if (process.stderr.isTTY) return { form: 'terminal' };
  const zone = { name: timezone, wasUsed: false };
  return { form: 'lines', moment: () => moment({ zone }, world.clock.now()) };
}

interface Started {
  readonly chosen: Chosen;
  readonly configuration: Configuration;
  readonly log: Log;
  readonly print: (text: string) => void;
}

async function startApp({ world }: Session, { chosen, configuration, log, print }: Started): Promise<App> {
  try {
    return await createApp({
      configuration,
      file: chosen.file,
      configurationFile: chosen.file === null ? null : configurationFile({ ...world, file: chosen.file }),
      clock: world.clock,
      log,
      print,
      systems: world.systems,
      notifiers: world.notifiers,
      web: webFolder,
    });
  } catch (error) {
    throw await asUsage(error, configuration);
  }
}

/** A port that is taken is the user's to solve: one line, exit code 2. */
async function asUsage(error: unknown, { listen }: Configuration): Promise<unknown> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRNOTAVAIL')
    return new Usage(
      `${listen.host} is no address of this machine; choose another with --host or listen.host`,
    );
  const refusal = await portRefusal(code, listen, {
    taken: 'stop it, or choose another port with --port or listen.port',
    refused: 'choose a port above 1023 with --port',
  });
  return refusal ?? error;
}

function withOptions(configuration: Configuration, options: RunOptions): Configuration {
  const port = options.port === undefined ? configuration.listen.port : Number(options.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Usage(`--port ${options.port}: a port is a whole number up to 65535`);
  return {
    ...configuration,
    listen: { host: options.host ?? configuration.listen.host, port },
    store: options.store === undefined ? configuration.store : storeOf(options.store),
  };
}

function storeOf(place: string): Configuration['store'] {
  return /^postgres(ql)?:/.test(place) ? { kind: 'postgres', url: place } : { kind: 'sqlite', folder: place };
}

/** What a notifier prints among JSON lines: one that is JSON already stays as it is, a block becomes one line of the log. */
function asLogLine(log: Log, terminal: Session['terminal']): (text: string) => void {
  return (text) => {
    if (text.startsWith('{')) terminal.out(text.trimEnd());
    else log.info(text.trim());
  };
}

function greetInLog(log: Log, app: App, { targets }: Configuration, { file }: Chosen): void {
  log.info(
    `Upkeep watches ${count(targets.length, 'target')}; the dashboard is at ${app.url}; Ctrl-C stops`,
    {
      from: file ?? 'what was found on this machine',
      targets: targets.map(({ name, system }) => `${name} (${system})`),
    },
  );
  if (app.setupLink !== null)
    log.info(`first visit, makes the owner account (works once, for a day): ${app.setupLink}`);
}

function greet({ terminal }: Session, app: App, configuration: Configuration, chosen: Chosen): void {
  const source =
    chosen.file === null ? 'what was found on this machine (upkeep init writes it down)' : chosen.file;
  terminal.out(
    `\n${paint(terminal, 'bold', 'Upkeep')} watches ${count(configuration.targets.length, 'target')} from ${source}\n`,
  );
  const watched = [...app.ctx.estate().targets.values()].map(({ settings, bound }) => ({
    ...settings,
    address: bound.address,
  }));
  terminal.out(table(terminal, watchedRows(terminal, watched)));
  terminal.out(`\n  Dashboard  ${paint(terminal, 'cyan', app.url ?? '')}`);
  if (app.setupLink !== null) {
    terminal.out(
      `  First visit, makes the owner account (works once, for a day):\n  ${paint(terminal, ['bold', 'cyan'], app.setupLink)}`,
    );
  }
  terminal.out(`\n  Ctrl-C stops.\n`);
  if (!process.stderr.isTTY)
    terminal.out(`Log lines and messages have the time of ${configuration.timezone}.\n`);
}

/** Each with its address; by system where there are many. */
export function watchedRows(
  terminal: Terminal,
  targets: readonly { readonly name: string; readonly system: string; readonly address: string }[],
): string[][] {
  if (targets.length <= targetsListed)
    return targets.map(({ name, system, address }) => [
      '  ',
      name,
      system,
      paint(terminal, 'gray', plain(address)),
    ]);
  const row = ([first, ...others]: Some<(typeof targets)[number]>): string[] => {
    if (others.length === 0)
      return ['  ', first.name, first.system, paint(terminal, 'gray', plain(first.address))];
    const names = [first, ...others].map(({ name }) => name);
    return ['  ', named(names, targetsNamed), `${names.length} × ${first.system}`, ''];
  };
  return [
    ...grouped(targets, ({ system }) => system).map(row),
    ['  ', paint(terminal, 'gray', 'each: upkeep status --all')],
  ];
}

function untilToldToStop(): Promise<void> {
  return new Promise((resolve) => {
    // SIGHUP is the terminal that closes.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}
