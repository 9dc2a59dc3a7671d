import { z } from 'zod';
import type { Configuration } from '../../core/configuration.ts';
import type { ClockLimit } from '../../core/oncall/model.ts';
import { inlinePolicy } from '../../core/oncall/policy.ts';
import { levels, severityWord } from '../../core/severity.ts';
import { formatDuration } from '../../core/time.ts';
import type { DefinitionFacts } from '../../practices/agent-definition/facts.ts';
import { forms, writers } from '../../practices/agent-definition/forms.ts';
import { defineVerb, type VerbContext } from '../context.ts';
import { levelsInWords, ownRules } from '../rule/view.ts';

export const agentDefinition = defineVerb({
  name: 'agent.definition',
  summary:
    'Writes the definition file of an assistant: what is watched, thresholds, escalation, prohibitions, its tools',
  scope: 'read',
  changes: false,
  route: 'GET /agent/definition',
  positional: [],
  examples: [
    'upkeep agent definition',
    'upkeep agent definition --form studio > .claude/agents/infrastructure-maintainer.md',
  ],
  input: z.object({
    form: z.enum(forms).default('template').describe('under whose headings it stands'),
  }),
  async run({ ctx, input: { form } }) {
    return { form, format: 'markdown', encoding: 'utf8', content: writers[form](factsOf(ctx)) };
  },
});

function factsOf(ctx: VerbContext): DefinitionFacts {
  const configuration = ctx.configuration();
  const targets = [...ctx.estate().targets.values()];
  return {
    configuration,
    url: ctx.baseUrl(),
    watched: targets.map(({ settings, bound }) => ({
      target: settings.name,
      system: settings.system,
      address: bound.address,
      environment: settings.environment,
      everyMs: settings.everyMs,
      dependsOn: settings.dependsOn,
    })),
    thresholds: thresholdsOf(ctx),
    actions: actionsOf(ctx),
    escalation: escalationOf(configuration),
  };
}

function thresholdsOf(ctx: VerbContext): DefinitionFacts['thresholds'] {
  const mine = ownRules(ctx).filter(({ rule }) => rule.enabled);
  // Targets with the same words share a line.
  const lines = new Map<string, DefinitionFacts['thresholds'][number]>();
  for (const one of mine) {
    const words = levelsInWords(one);
    const key = JSON.stringify([one.rule.id, words]);
    const { id: rule, summary, origins } = one.rule;
    const before = lines.get(key);
    lines.set(key, {
      ...{ rule, summary, ...words },
      targets: [...(before?.targets ?? []), one.target],
      isOwn: before?.isOwn === true || origins !== undefined,
    });
  }
  return [...lines.values()];
}

function actionsOf(ctx: VerbContext): DefinitionFacts['actions'] {
  const found = new Map<string, DefinitionFacts['actions'][number]>();
  for (const { settings, bound } of ctx.estate().targets.values())
    for (const { id, summary, risk } of bound.actions)
      found.set(id, {
        ...{ action: id, summary, risk },
        targets: [...(found.get(id)?.targets ?? []), settings.name],
      });
  return [...found.values()];
}

function escalationOf({ escalation, oncall, severities }: Configuration): DefinitionFacts['escalation'] {
  return levels.map((level) => {
    const named = oncall.policies.find(({ name }) => name === oncall.policyOf[level]);
    const clocks = oncall.clocks[level];
    return {
      level,
      severity: severityWord(severities, level),
      steps: (named ?? inlinePolicy(level, escalation[level])).steps,
      respond: limitWords(clocks?.respond),
      resolve: limitWords(clocks?.resolve),
    };
  });
}

function limitWords(limit: ClockLimit | null | undefined): string | null {
  if (limit === null || limit === undefined) return null;
  return typeof limit === 'number' ? formatDuration(limit) : 'next business day';
}
