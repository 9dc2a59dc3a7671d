/** Text of upkeep.yaml in, a whole configuration or every problem out. Never throws for what stands in the text. */
import { dirname, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { Configuration, Problem } from '../core/configuration.ts';
import type { NotifierEntry } from '../core/notifier.ts';
import type { SeverityScheme } from '../core/severity.ts';
import type { SystemEntry } from '../core/system.ts';
import { readAccess } from './access.ts';
import { readBackups } from './backups.ts';
import { readCanaries } from './canary.ts';
import { findCycle } from './cycles.ts';
import { readFailovers } from './failover.ts';
import { type Field, report, rootField, type Section, section, text } from './field.ts';
import { readGeneral } from './general.ts';
import { readPolicy } from './guard-policy.ts';
import { readMaintenance } from './maintenance.ts';
import { readModel } from './model.ts';
import { readNotifiers } from './notify.ts';
import { readOnCall } from './oncall.ts';
import { sortProblems } from './problem.ts';
import { withReleases } from './releases.ts';
import { defaultRules } from './rules.ts';
import { readServices, type ServiceDraft } from './services.ts';
import { addProblem, openSource, reportUnsetVariables, type Source } from './source.ts';
import { readStatusPage, subscriberChannel } from './status-page.ts';
import { overrideDefaults, withRules } from './target-rules.ts';
import { readTargets, type TargetDraft } from './targets.ts';
import { oneOf } from './values.ts';

export interface ReadingInput {
  /** As it is to stand in front of problems; relative paths of the configuration start at its folder. */
  readonly file: string;
  readonly text: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly systems: readonly SystemEntry[];
  readonly notifiers: readonly NotifierEntry[];
  /** Reads `.env` and `file:` secrets, by absolute path; throws when it cannot. */
  readonly readFile: (path: string) => string;
}

export interface ConfigurationReading {
  /** Only where there is no problem. */
  readonly configuration?: Configuration;
  /** In the order of the file. */
  readonly problems: readonly Problem[];
}

const keys = [
  'name',
  'timezone',
  'environment',
  'severities',
  'store',
  'listen',
  'publicUrl',
  'targets',
  'releases',
  'services',
  'rules',
  'notify',
  'oncall',
  'access',
  'guard',
  'incidents',
  'canary',
  'retention',
  'reports',
  'backups',
  'failover',
  'maintenance',
  'model',
  'statusPage',
];

export function readConfiguration(input: ReadingInput): ConfigurationReading {
  const folder = dirname(resolve(input.file));
  const source = openWithVariables(input, folder);
  const root = source.document && section(rootField(source), keys);
  const systemProblems: Problem[] = [];
  const configuration = root && readRoot(root, input, folder, systemProblems);
  reportUnsetVariables(source);
  const problems = [...sortProblems(source.problems), ...systemProblems];
  return configuration === undefined || problems.length > 0 ? { problems } : { configuration, problems };
}

function openWithVariables(input: ReadingInput, folder: string): Source {
  const dotEnv = readDotEnv(input, folder);
  return openSource({
    file: input.file,
    text: input.text,
    variable: (name) => ownValue(input.env, name) ?? ownValue(dotEnv, name),
    variableNames: () => [...Object.keys(input.env), ...Object.keys(dotEnv)],
    secretFile: (path) => input.readFile(resolve(folder, path)),
  });
}

function ownValue(values: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function readDotEnv(input: ReadingInput, folder: string): Readonly<Record<string, string | undefined>> {
  try {
    return parseEnv(input.readFile(resolve(folder, '.env')));
  } catch {
    return {};
  }
}

function readRoot(
  root: Section,
  input: ReadingInput,
  folder: string,
  systemProblems: Problem[],
): Configuration | undefined {
  const { systems } = input;
  const environmentField = root.get('environment');
  const environment = environmentField ? (text(environmentField) ?? null) : null;
  const targets = withReleases(
    root.get('releases'),
    readTargets(root.get('targets'), systems, environment),
    systems,
    environment,
  );
  if (targets.names.length === 0) {
    const place = root.get('targets') ?? root.field;
    addProblem(
      place.source,
      place.keyAt,
      'targets',
      'names nothing to watch',
      'upkeep init finds what there is',
    );
  }
  const services = readServices(root.get('services'), targets.names);
  checkCycles(targets.drafts, services);
  const defaults = new Map(
    systems.map((system) => {
      const reading = defaultRules(system);
      systemProblems.push(...reading.problems);
      return [system.kind, reading.rules];
    }),
  );
  const byKind = overrideDefaults(root.get('rules'), systems, defaults);
  const notifiers = readNotifiers(root.get('notify'), input.notifiers);
  const general = readGeneral(root, folder);
  const page = readStatusPage(
    root.get('statusPage'),
    { targets: targets.names, services, notifiers: notifiers.declared },
    { ...general, folder },
  );
  const onCall = readOnCall(root.get('oncall'), {
    timezone: general.timezone,
    notifiers: notifiers.names,
    services: services.map(({ name }) => name),
  });
  return {
    ...general,
    environment,
    severities: readSeverities(root.get('severities')) ?? 'words',
    targets: withRules(targets, services, systems, byKind, root.get('rules')),
    services: services.map(({ field: _, rules: __, ...service }) => service),
    notifiers: [...notifiers.settings, ...subscriberChannel(page, notifiers.settings)],
    ...onCall,
    access: readAccess(root.get('access')),
    guard: readPolicy(root.get('guard'), systems, targets.names, general.timezone),
    maintenance: readMaintenance(
      root.get('maintenance'),
      { targets: targets.names, services, ...notifiers, notifiers: notifiers.settings, ...onCall },
      general.timezone,
    ),
    backups: readBackups(root.get('backups'), { targets: targets.drafts, systems, folder }),
    ...readFailovers(root.get('failover'), { targets: targets.drafts, systems }),
    ...page,
    ...readModel(root.get('model')),
    ...readCanaries(root.get('canary')),
    folder,
  };
}

const schemes = ['words', 'sev', 'p'] as const satisfies readonly SeverityScheme[];

function readSeverities(field: Field | undefined): Configuration['severities'] | undefined {
  return field && oneOf(field, schemes);
}

const namesShown = 8;

function shortened(cycle: readonly string[]): readonly string[] {
  return cycle.length <= namesShown ? cycle : [...cycle.slice(0, namesShown - 2), '…', ...cycle.slice(-1)];
}

function checkCycles(targets: readonly TargetDraft[], services: readonly ServiceDraft[]): void {
  for (const parts of [targets, services]) {
    const names = new Set(parts.map((part) => part.name));
    // A service that names itself there means the target that is called like it.
    const isOfGraph = (name: string, of: string) => names.has(name) && (parts === targets || name !== of);
    const graph = new Map(
      parts.map(({ name, dependsOn }) => [name, dependsOn.filter((one) => isOfGraph(one, name))]),
    );
    const cycle = findCycle(graph);
    const first = parts.find((part) => part.name === cycle?.[0]);
    const place = first && section(first.field)?.get('dependsOn');
    if (cycle && place) report(place, `depends on itself: ${shortened(cycle).join(' -> ')}`);
  }
}
