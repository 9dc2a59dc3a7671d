/** upkeep.yaml: every key once, then what each system and notifier takes, measures, watches for and may do. */
import { defaultRules } from '../../src/config/rules.ts';
import type { NotifierEntry } from '../../src/core/notifier.ts';
import type { Rule } from '../../src/core/rule.ts';
import type { Unit } from '../../src/core/sample.ts';
import type { SystemEntry } from '../../src/core/system.ts';
import { formatDuration } from '../../src/core/time.ts';
import { fieldTable } from './fields.ts';
import { code, fence, page, table } from './table.ts';

export function configurationPage(about: {
  readonly example: string;
  readonly systems: readonly SystemEntry[];
  readonly notifiers: readonly NotifierEntry[];
}): string {
  return page('Configuration', [
    '`upkeep init` writes `upkeep.yaml`, `upkeep check` proves it, and Upkeep reads it again on every change. Unknown keys are errors.',
    '## Every key',
    fence('yaml', about.example),
    ...about.systems.flatMap(systemPart),
    ...about.notifiers.flatMap(notifierPart),
  ]);
}

function systemPart(system: SystemEntry): string[] {
  const { kind, probes, diagnoses, actions } = system;
  const metrics = probes.flatMap((probe) => Object.entries(probe.metrics));
  return [
    `## System ${code(kind)}`,
    `${system.summary}. More, with the least privileges it needs: [src/systems/${kind}/readme.md](../../src/systems/${kind}/readme.md).`,
    fieldTable(system.config) ?? 'It has no keys of its own.',
    `### Rules of ${code(kind)}`,
    rulesTable(system),
    `### Metrics of ${code(kind)}`,
    table(
      ['Metric', 'Unit', 'Meaning'],
      metrics.map(([name, { unit, kind: type, summary }]) => [
        code(name),
        type === 'counter' ? `${unit}, counter` : unit,
        summary,
      ]),
    ),
    ...(diagnoses.length === 0
      ? []
      : [
          `### Diagnoses of ${code(kind)}`,
          table(
            ['Diagnosis', 'Meaning', 'Explains'],
            diagnoses.map(({ id, summary, explains }) => [code(id), summary, explains.map(code).join(', ')]),
          ),
        ]),
    ...system.engines.flatMap((engine) => [
      `### Backups by ${code(engine.id)}`,
      `${engine.summary}.`,
      fence('text', engine.privileges),
    ]),
    ...actions.flatMap((action) => [
      `### Action ${code(action.id)}`,
      `${action.summary}. Risk: ${action.risk}.`,
      fieldTable(action.input, 'Input') ?? 'It takes no input.',
      fence('text', action.privileges),
    ]),
  ];
}

function rulesTable(system: SystemEntry): string {
  const units = new Map(
    system.probes.flatMap((probe) =>
      Object.entries(probe.metrics).map(([name, { unit }]) => [name, unit] as const),
    ),
  );
  return table(
    ['Rule', 'Fires when', 'Warning', 'Critical', 'For', 'Source'],
    defaultRules(system).rules.map((rule) => [
      code(rule.id),
      rule.isHygiene ? `${rule.summary} (hygiene)` : rule.summary,
      ...levelsOf(rule, units.get(rule.metric)),
      rule.forMs === 0 ? '' : formatDuration(rule.forMs),
      rule.source ?? '',
    ]),
  );
}

function levelsOf(rule: Rule, unit: Unit | undefined): [string, string] {
  if (rule.kind === 'absence') return rule.critical ? ['', 'no sample'] : ['no sample', ''];
  if (rule.kind === 'state') return [rule.warning?.join(', ') ?? '', rule.critical?.join(', ') ?? ''];
  if (rule.kind === 'forecast') {
    const within = (ms: number | undefined) => (ms === undefined ? '' : `within ${formatDuration(ms)}`);
    return [within(rule.warning), within(rule.critical)];
  }
  if (rule.kind === 'anomaly')
    return ['unusual', rule.critical === undefined ? '' : `score ${rule.critical}`];
  if (rule.kind === 'trend') {
    const said = `${rule.direction} over ${formatDuration(rule.overMs)}`;
    return rule.critical ? ['', said] : [said, ''];
  }
  if (rule.kind === 'new') return rule.critical ? ['', 'never seen'] : ['never seen', ''];
  if (rule.kind === 'burn-rate') return ['a ticket', 'a page'];
  const sign = rule.direction === 'above' ? '>' : '<';
  const per = rule.increaseMs === undefined ? '' : ` in ${formatDuration(rule.increaseMs)}`;
  const say = (value: number | undefined) =>
    value === undefined ? '' : `${sign} ${amount(value, unit)}${per}`;
  return [say(rule.warning), say(rule.critical)];
}

function amount(value: number, unit: Unit | undefined): string {
  if (unit === 'ratio') return `${Number((value * 100).toFixed(3))} %`;
  if (unit === 'seconds') return formatDuration(value * 1_000);
  if (unit === 'bytes') return bytes(value);
  return String(value);
}

function bytes(value: number): string {
  const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const index = value === 0 ? 0 : Math.min(sizes.length - 1, Math.floor(Math.log2(value) / 10));
  return `${Number((value / 1_024 ** index).toFixed(1))} ${sizes[index]}`;
}

function notifierPart(notifier: NotifierEntry): string[] {
  const { kind } = notifier;
  return [
    `## Notifier ${code(kind)}`,
    `${notifier.summary}. More: [src/notifiers/${kind}/readme.md](../../src/notifiers/${kind}/readme.md).`,
    fieldTable(notifier.config) ?? 'It has no keys of its own.',
  ];
}
