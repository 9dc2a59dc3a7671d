import { z } from 'zod';
import { often } from '../../core/count.ts';
import type { MaintenanceWindow } from '../../core/maintenance.ts';
import { formatDuration } from '../../core/time.ts';
import { UpkeepError } from '../../core/verb.ts';
import { allWindows } from '../../pipeline/holds.ts';
import { type StoredHistory, sayStored, storedHistory } from '../../pipeline/stored-history.ts';
import { type Acted, prepareReplay, type Replayed, withIncidents } from '../../practices/rules/replay.ts';
import { defineVerb, type VerbContext } from '../context.ts';
import { spanBack } from '../moment.ts';
import { actedIncidents, levelsInWords, type OwnRule, requireRules } from './view.ts';

/** A year of thousands of targets would be read for minutes. */
const mostTargets = 200;

export const ruleReplay = defineVerb({
  name: 'rule.replay',
  summary:
    'How often would a rule have alerted? Plays stored values through it, with other settings where given',
  scope: 'read',
  changes: false,
  route: 'GET /rules/:rule/replay',
  positional: ['rule'],
  examples: [
    'upkeep rule replay host.cpu --since 30d',
    'upkeep rule replay postgres.connections --target db --set "warning=70% for=2m"',
  ],
  input: z.object({
    rule: z.string().describe('its id'),
    since: z
      .string()
      .default('30d')
      .describe('how far back: 12h, 7d, 30d, or a time such as 2026-12-01T03:00:00Z'),
    target: z.string().optional().describe('only on this target'),
    set: z.string().optional().describe('settings to compare with those in force: "warning=80% for=2m"'),
  }),
  async run({ ctx, input }) {
    const to = ctx.clock.now();
    const sinceMs = spanBack('since', input.since, ctx.configuration().timezone, to);
    const from = to - sinceMs;
    const all = requireRules(ctx, input.rule, input.target);
    const own = all.slice(0, mostTargets);
    const span = {
      ...{ from, to },
      windows: await allWindows(ctx, ctx.store.db, from),
      acted: await actedIncidents(ctx, from),
    };
    const targets = [];
    for (const one of own) targets.push(await replayOn(ctx, one, input.set, span));
    const known = targets.filter((one) => one !== null);
    if (known.length === 0)
      throw new UpkeepError(
        'not-found',
        `nothing is stored of what ${input.rule} judges in the last ${formatDuration(sinceMs)}`,
      );
    return {
      rule: input.rule,
      from,
      to,
      set: input.set ?? null,
      targets: known,
      /** Targets that were not played: there are too many for one answer. */
      leftOut: all.length - own.length,
      words: [
        wordsOf(known, sinceMs, ctx.configuration().timezone),
        ...(all.length > own.length
          ? [`${all.length - own.length} further targets were not played: name one with --target.`]
          : []),
      ].join(' '),
    };
  },
});

interface OnTarget {
  readonly target: string;
  readonly where: Readonly<Record<string, string>>;
  readonly warning: string | null;
  readonly critical: string | null;
  /** How much of the span was stored of what the rule judges; of the rest nothing follows. */
  readonly stored: StoredHistory;
  readonly present: Replayed;
  /** With the settings that were given. */
  readonly changed: (Replayed & { readonly warning: string | null; readonly critical: string | null }) | null;
}

/** What is the same for every target of one replay. */
interface SpanOfReplay {
  readonly from: number;
  readonly to: number;
  readonly windows: readonly MaintenanceWindow[];
  readonly acted: readonly Acted[];
}

async function replayOn(
  ctx: VerbContext,
  own: OwnRule,
  set: string | undefined,
  { from, to, windows, acted }: SpanOfReplay,
): Promise<OnTarget | null> {
  const { rule, target } = own;
  const other = set === undefined ? null : ctx.overrideRule(rule, settingsOf(set));
  if (other !== null && 'problems' in other)
    throw new UpkeepError(
      'bad-input',
      `set: ${other.problems.join('; ') || 'these are no settings of the rule'}`,
    );
  const sources = {
    samples: ctx.samples,
    estate: ctx.estate(),
    services: ctx.configuration().services,
    windows,
  };
  const play = await prepareReplay(sources, rule, { target, from, to });
  const watched = ctx.estate().targets.get(target);
  if (play === null || !watched) return null;
  const judgedSeries =
    rule.kind === 'burn-rate'
      ? undefined
      : { metric: rule.metric, ...(rule.where ? { labels: rule.where } : {}) };
  const stored = await storedHistory(ctx.samples, watched, { from, to }, judgedSeries);
  const judged = (which: typeof rule) =>
    withIncidents(play(which), which, ctx.configuration().severities, target, acted, to);
  return {
    target,
    where: rule.where ?? {},
    ...levelsInWords(own),
    stored,
    present: judged(rule),
    changed: other && { ...judged(other.rule), ...levelsInWords({ ...own, rule: other.rule }) },
  };
}

/** `warning=80% for=2m` as YAML; commas may stand between. */
export function settingsOf(text: string): string {
  const pairs = text.split(/[\s,]+(?=\w+=)/).map((part) => part.trim());
  const incomplete = pairs.find((part) => part !== '' && !/^\w+=[^,]/.test(part));
  if (incomplete !== undefined) {
    const name = incomplete.replace(/[=,].*$/, '');
    throw new UpkeepError('bad-input', `set: ${name} has no value; write ${name}=VALUE, such as warning=80%`);
  }
  const lines = pairs
    .filter((part) => part !== '')
    .map((part) => part.replace(/^(\w+)=/, '$1: ').replace(/,$/, ''));
  return lines.join('\n');
}

function wordsOf(targets: readonly OnTarget[], sinceMs: number, timezone: string): string {
  const say = (all: readonly Replayed[]) => {
    const alerts = all.reduce((sum, one) => sum + one.alerts.length, 0);
    const acknowledged = all.reduce((sum, one) => sum + one.acknowledged, 0);
    const firing = formatDuration(all.reduce((sum, one) => sum + one.firingMs, 0));
    return `${often(alerts)}, ${firing} in all; ${acknowledged} within an acknowledged incident`;
  };
  const lack = sayStored(
    targets.map(({ stored }) => stored),
    timezone,
  );
  const span = lack === null ? `In the last ${formatDuration(sinceMs)}` : `${lack} In what is stored`;
  const now = `${span} it would have alerted ${say(targets.map(({ present }) => present))}.`;
  const changed = targets.flatMap((one) => (one.changed ? [one.changed] : []));
  return changed.length === 0 ? now : `${now} With these settings: ${say(changed)}.`;
}
