import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import type { NeedView } from '../../core/backup/needs.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { OffsiteTrial } from '../../core/backup/view.ts';
import type { SystemEntry } from '../../core/system.ts';
import type { Clock } from '../../core/time.ts';
import type { CheckView, Overview, TargetDetail } from '../../core/view.ts';
import { ignoredIn } from '../../machine/environment.ts';
import { installHint, missingOf, missingTools } from '../../machine/tools.ts';
import { verbNamed } from '../../verbs/index.ts';
import { type Connection, connect } from '../ask.ts';
import { chooseConfiguration, requireConfiguration } from '../configuration.ts';
import { inZone, machineZone, moment } from '../moments.ts';
import { withRemedies } from '../print/remedies.ts';
import type { Session } from '../session.ts';
import { jsonText, paint, plain, type Terminal } from '../terminal.ts';
import type { World } from '../world.ts';

interface Ailment {
  readonly subject: string;
  readonly problem: string;
  readonly remedy: string;
  /** The same without Upkeep, where `remedy` goes by the guard. */
  readonly byHand?: string;
  /** It was due, and nobody has looked. */
  readonly isUnknown?: true;
  /** Nobody has looked yet, and nobody had to: it is due then (epoch milliseconds). */
  readonly dueAt?: number;
  /** Of what is looked at seldom: when it was last and when it will be, epoch milliseconds. It may be mended already. */
  readonly looks?: { readonly at: number; readonly nextAt: number };
  /** Nothing is lacking, and somebody should know. */
  readonly isAdvice?: true;
}

export function doctorCommand(program: Command, { world, terminal, exit }: Session): void {
  program
    .command('doctor')
    .description('what this machine and the configured systems lack, and the command that mends it')
    .option('-c, --config <file>', 'the configuration')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nWaits up to 15 s for what is about to be looked at for the first time. Exit code 1 when something is lacking,\nor was due and has not been looked at; what is not due yet is only said, with when it is.\n\nExamples:\n  upkeep doctor\n  upkeep doctor --json',
    )
    .action(async (options: { config?: string; json?: boolean }) => {
      const configuration = requireConfiguration(await chooseConfiguration(world, options.config));
      const ailments = [
        ...ofMachine(configuration.store),
        ...ofEnvironment(world.env),
        ...ofEngines(configuration.backups, world.systems),
      ];
      const connection = await connect(world, options);
      try {
        await connection.glance();
        const targets = await lookedAt(connection, world.clock);
        ailments.push(
          ...targets.flatMap(ofTarget),
          ...targets.flatMap((one) => awaited(one, world.clock.now())),
        );
        if (configuration.backups.length > 0)
          ailments.push(...ofBackups((await connection.call(verbNamed('backup.needs'), {})) as NeedView[]));
        if (configuration.backups.some(({ offsite }) => offsite))
          ailments.push(...ofBuckets((await connection.call(verbNamed('backup.try'), {})) as OffsiteTrial[]));
      } finally {
        await connection.close();
      }
      if (ailments.some(isLacking)) exit(1);
      terminal.out(
        options.json
          ? jsonText(ailments)
          : inZone(terminal, connection.timezone() ?? machineZone(), (zoned) => print(zoned, ailments)),
      );
    });
}

/** A doctor who asks right after a start waits this long for the first answers. */
const patienceMs = 15_000;
const askAgainMs = 500;

/** Every target, once what is about to be looked at for the first time has been. */
async function lookedAt(connection: Connection, clock: Clock): Promise<TargetDetail[]> {
  const until = clock.now() + patienceMs;
  for (;;) {
    const overview = (await connection.call(verbNamed('status.show'), {})) as Overview;
    const targets = await Promise.all(
      overview.targets.map(
        async ({ name }) => (await connection.call(verbNamed('target.show'), { name })) as TargetDetail,
      ),
    );
    const now = clock.now();
    const isWorthWaiting = targets.some((target) => unseen(target).some(({ dueAt = now }) => dueAt <= until));
    if (!connection.isLive || !isWorthWaiting || now >= until) return targets;
    await clock.sleep(askAgainMs);
  }
}

/** Checks that have not run since the start. */
function unseen({ checks }: Pick<TargetDetail, 'checks'>): readonly CheckView[] {
  return checks.filter(({ lastAt }) => lastAt === null);
}

const probesNamed = 3;

/** What nobody has looked at is neither well nor lacking anything; what is not due yet is no trouble either. */
export function awaited(target: Pick<TargetDetail, 'name' | 'checks'>, now: number): Ailment[] {
  const waiting = Object.groupBy(unseen(target), ({ dueAt = now }) => (dueAt > now ? 'later' : 'overdue'));
  const { overdue = [], later = [] } = waiting;
  const { name: subject } = target;
  const ailments: Ailment[] = [];
  if (overdue.length > 0)
    ailments.push({
      subject,
      problem: `was due and has not been looked at: ${named(overdue)}`,
      remedy: `upkeep target show ${subject}`,
      isUnknown: true,
    });
  if (later.length > 0)
    ailments.push({
      subject,
      problem: `not looked at yet: ${named(later)}`,
      remedy: 'upkeep doctor, again then',
      dueAt: Math.max(...later.map(({ dueAt = now }) => dueAt)),
    });
  return ailments;
}

function named(checks: readonly CheckView[]): string {
  const more = checks.length - probesNamed;
  const first = checks.slice(0, probesNamed).map(({ probe }) => probe);
  return `${first.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function* ofMachine(store: { kind: string; folder?: string }): Generator<Ailment> {
  if (store.kind === 'sqlite' && store.folder !== undefined && !canWrite(store.folder)) {
    yield {
      subject: 'store',
      problem: `${store.folder} cannot be written`,
      remedy: `chown "$USER" ${store.folder}, or set store: to another folder`,
    };
  }
  for (const tool of missingTools())
    yield {
      subject: 'machine',
      problem: `${tool.name} is not installed: ${tool.use}`,
      remedy: installHint(tool),
    };
}

/** Somebody set them for their own shell and may believe that they count here. */
function ofEnvironment(env: World['env']): Ailment[] {
  const names = ignoredIn(env);
  if (names.length === 0) return [];
  return [
    {
      subject: 'environment',
      problem: `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not listened to by the sessions and programs of Upkeep`,
      remedy: `what counts stands in upkeep.yaml; it may name them: \${${names[0]}}`,
      isAdvice: true,
    },
  ];
}

/** What a backup would miss at night, by the package that brings it. */
export function ofEngines(
  plans: readonly Pick<BackupSettings, 'name' | 'engine'>[],
  systems: readonly Pick<SystemEntry, 'engines'>[],
): Ailment[] {
  const engines = systems.flatMap((system) => system.engines);
  return plans.flatMap(({ name, engine: id }) => {
    const programs = missingOf(engines.find((engine) => engine.id === id)?.programs ?? []);
    const packages = [...new Set(programs.map(({ apt }) => apt))];
    if (packages.length === 0) return [];
    return {
      subject: `backups of ${name}`,
      problem: `${programs.map((program) => program.name).join(', ')} ${programs.length === 1 ? 'is' : 'are'} not installed, which ${id} drives`,
      remedy: installHint({ debian: packages.join(' ') }),
    };
  });
}

/** The folder itself, or the one above in which it would be made: looking leaves nothing behind. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

function canWrite(folder: string): boolean {
  try {
    accessSync(nearest(folder), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** What several checks of a target say alike is said once, with the names of all that are blind for it. */
export function ofTarget({ name, checks }: Pick<TargetDetail, 'name' | 'checks'>): Ailment[] {
  const lacks = checks.flatMap((check) => check.missing.map((one) => ({ check, ...one })));
  const alike = Map.groupBy(lacks, ({ reason, remedy }) => `${reason}\n${remedy}`);
  const found = new Map<string, Ailment>();
  for (const [key, same] of alike) {
    const [{ reason = '', remedy = '' } = {}] = same;
    const blind = [...new Set(same.map(({ check }) => check))];
    found.set(key, { subject: `${name} ${named(blind)}`, problem: reason, remedy, ...seldomLooked(blind) });
  }
  for (const { ok, detail } of checks)
    if (ok === false && !lacks.some(({ reason }) => reason === detail))
      found.set(detail, { subject: name, problem: detail, remedy: `upkeep investigate ${name}` });
  return [...found.values()];
}

/** What is looked at every minute is as good as now. */
const seldomMs = 60_000;

function seldomLooked(checks: readonly CheckView[]): Pick<Ailment, 'looks'> {
  const looks = checks.map(({ lastAt, everyMs, dueAt }) => ({ at: lastAt, everyMs, nextAt: dueAt }));
  const [first] = looks.toSorted((a, b) => (a.nextAt ?? Infinity) - (b.nextAt ?? Infinity));
  if (first?.at === null || first?.nextAt === undefined || looks.some(({ everyMs }) => everyMs <= seldomMs))
    return {};
  return { looks: { at: first.at, nextAt: first.nextAt } };
}

/** What several backups of one server say alike is said once. */
export function ofBackups(needs: readonly NeedView[]): Ailment[] {
  const alike = Map.groupBy(needs, ({ what, remedy, byHand = remedy }) => `${what}\n${byHand}`);
  return [...alike.values()].flatMap((same) => {
    const [need] = same;
    if (need === undefined) return [];
    const { what, remedy, byHand, isAdvice } = need;
    return {
      subject: `backups of ${same.map(({ plan }) => plan).join(', ')}`,
      ...{ problem: what, remedy, ...(byHand !== undefined && { byHand }), ...(isAdvice && { isAdvice }) },
    };
  });
}

function ofBuckets(trials: readonly OffsiteTrial[]): Ailment[] {
  return trials
    .filter(({ good }) => !good)
    .map(({ plan, what, detail, remedy }) => ({
      subject: `off-site copies of ${plan}`,
      problem: `${what}: ${detail}`,
      remedy,
    }));
}

function isLacking({ isAdvice, dueAt }: Ailment): boolean {
  return !isAdvice && dueAt === undefined;
}

function print(terminal: Terminal, ailments: readonly Ailment[]): string {
  const lacking = ailments.filter(isLacking);
  const others = ailments.filter((one) => !isLacking(one));
  const where = others.some(({ dueAt }) => dueAt !== undefined) ? ' in what was looked at' : '';
  const well = lacking.length === 0 ? [`${paint(terminal, 'green', '✓')} Nothing is lacking${where}.`] : [];
  const told = (those: readonly Ailment[]) =>
    withRemedies(terminal, those, { subject: ({ subject }) => subject, line });
  return [...told(lacking), ...well, ...told(others)].join('\n');

  function line(ailment: Ailment): string {
    const { subject, problem, isUnknown, dueAt, looks } = ailment;
    const mark = isLacking(ailment)
      ? paint(terminal, 'yellow', isUnknown ? '?' : '!')
      : paint(terminal, 'gray', '·');
    const due = dueAt === undefined ? '' : `; first look due ${moment(terminal, dueAt)}`;
    const when =
      looks && `; so at ${moment(terminal, looks.at)}, looked at again ${moment(terminal, looks.nextAt)}`;
    return `${mark} ${paint(terminal, 'bold', subject)}: ${plain(problem)}${due}${when ?? ''}`;
  }
}
