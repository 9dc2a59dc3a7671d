/** `upkeep rule test FILE`: plays cases against the rules that the configuration has, without anything that runs. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { overrideRule } from '../../config/override-rule.ts';
import { defaultRules } from '../../config/rules.ts';
import { objectivesOf } from '../../core/burn-rate/of-service.ts';
import type { Configuration } from '../../core/configuration.ts';
import { count } from '../../core/count.ts';
import type { Rule } from '../../core/rule.ts';
import { type Case, type CaseResult, playCase, readCases } from '../../practices/rules/cases.ts';
import { chooseConfiguration, Problems, requireConfiguration, Usage } from '../configuration.ts';
import type { Session } from '../session.ts';
import { jsonText, paint, plain } from '../terminal.ts';
import type { World } from '../world.ts';
import { describeGroup } from './verbs.ts';

export function ruleTestCommand(program: Command, { world, terminal, exit }: Session): void {
  const parent = program.commands.find((command) => command.name() === 'rule') ?? program.command('rule');
  parent
    .command('test')
    .description('plays series of values against rules and compares the alerts with those expected')
    .argument('<file>', 'YAML: cases with series, times and expected alerts')
    .option('-c, --config <file>', 'the configuration')
    .option('--json', 'print JSON')
    .exitOverride()
    .addHelpText('after', '\nExamples:\n  upkeep rule test rules.test.yaml')
    .action(async (file: string, options: { config?: string; json?: boolean }) => {
      const cases = readCases(textOf(resolve(world.cwd, file), file));
      if ('problems' in cases)
        throw new Problems(cases.problems.map((line) => `${file}: ${line}`).join('\n'));
      const chosen = await chooseConfiguration(world, options.config);
      const configuration = chosen.file === null ? undefined : requireConfiguration(chosen);
      const results = cases.map((one) => play(one, configuration, world));
      const failed = results.filter(({ ok }) => !ok).length;
      if (failed > 0) exit(1);
      if (options.json) return terminal.out(jsonText({ ok: failed === 0, results }));
      const lines = results.flatMap(({ name, ok, differences }) => [
        `${ok ? paint(terminal, 'green', '✓') : paint(terminal, 'red', '✗')} ${plain(name)}`,
        ...differences.map((line) => `    ${plain(line)}`),
      ]);
      terminal.out([...lines, `${count(results.length, 'case')}, ${failed} failed`].join('\n'));
    });
  describeGroup(parent);
}

function textOf(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Usage(`${shown} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function play(one: Case, configuration: Configuration | undefined, { systems }: World): CaseResult {
  const failed = (text: string): CaseResult => ({ name: one.name, ok: false, differences: [text] });
  const base = ruleOf(one, configuration, systems);
  if (base === undefined)
    return failed(`there is no rule ${one.rule}${one.target === undefined ? '' : ` of ${one.target}`}`);
  const changed = one.set ? overrideRule(base, stringify(one.set), systems) : { rule: base };
  if ('problems' in changed) return failed(changed.problems.join('; '));
  const { rule } = changed;
  const service =
    rule.kind === 'burn-rate' ? configuration?.services.find(({ name }) => name === rule.service) : undefined;
  const objective =
    rule.kind === 'burn-rate' && service
      ? objectivesOf(service).find(({ kind }) => kind === rule.objective)
      : undefined;
  return playCase(one, rule, objective);
}

/** As the configuration has it: of the target, else of the first that has it, else the default of its system. */
function ruleOf(
  one: Case,
  configuration: Configuration | undefined,
  systems: World['systems'],
): Rule | undefined {
  const targets =
    configuration?.targets.filter(({ name }) => one.target === undefined || name === one.target) ?? [];
  const own = targets.flatMap(({ rules }) => rules).find(({ id }) => id === one.rule);
  if (own || one.target !== undefined) return own;
  return systems.flatMap((system) => defaultRules(system).rules).find(({ id }) => id === one.rule);
}
