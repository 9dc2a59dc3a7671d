import { z } from 'zod';
import type { Configuration } from '../../core/configuration.ts';
import { quietestSlots, type Rates } from '../../core/quiet-hours.ts';
import { hintFor } from '../../core/suggest.ts';
import { parseDuration } from '../../core/time.ts';
import { dependenciesOf, targetsBelow, topologyOf } from '../../core/topology.ts';
import { UpkeepError } from '../../core/verb.ts';
import { defineVerb, type VerbContext } from '../context.ts';

const hourMs = 3_600_000;
const historyMs = 28 * 24 * hourMs;
const shown = 3;
const trafficWords =
  'transactions, requests, commands or messages that a server counts, what the network of a host carries, and the `total` of an SLO by `events`';
const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

export const maintenanceSuggest = defineVerb({
  name: 'maintenance.suggest',
  summary:
    'Finds the hours of the week with the least traffic, from what was measured in the last four weeks',
  scope: 'read',
  changes: false,
  route: 'GET /maintenance/suggest',
  positional: [],
  examples: ['upkeep maintenance suggest --for 1h', 'upkeep maintenance suggest --services shop --for 2h'],
  input: z.object({
    for: z.string().default('1h').describe('how long the work takes, at most 24h'),
    services: z
      .string()
      .default('')
      .describe('with commas between, with all that they need; all targets where left out'),
  }),
  async run({ ctx, input }) {
    const forMs = parseDuration(input.for);
    if (forMs === undefined || forMs <= 0 || forMs > 24 * hourMs)
      throw new UpkeepError('bad-input', 'for: give a duration of at most 24h, such as 1h');
    const { timezone, services } = ctx.configuration();
    const asked = input.services
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean);
    const names = services.map(({ name }) => name);
    const stranger = asked.find((name) => !names.includes(name));
    if (stranger !== undefined)
      throw new UpkeepError(
        'bad-input',
        `services: there is no service ${JSON.stringify(stranger)}; ${hintFor(stranger, names) ?? 'see upkeep status'}`,
      );
    const targets = asked.length === 0 ? undefined : targetsBehind(ctx.configuration(), asked);
    const near = await trafficOf(ctx, (name) => targets?.includes(name) ?? true);
    // Where nothing of the services themselves shows traffic, what is of no service bears them all: the machine.
    const owned = targetsBehind(ctx.configuration(), names);
    const { rates, by } = near.by.length === 0 ? await trafficOf(ctx, (name) => !owned.includes(name)) : near;
    const slots = quietestSlots(rates, timezone, Math.ceil(forMs / hourMs));
    return {
      timezone,
      /** What the traffic was read from. */
      by,
      slots: (slots ?? []).slice(0, shown).map((slot) => ({
        ...slot,
        day: weekdays[slot.weekday - 1] ?? '',
        at: `${String(slot.hour).padStart(2, '0')}:00`,
      })),
      reason: slots
        ? null
        : by.length === 0
          ? `unknown: no traffic was measured at ${targets === undefined ? 'any target' : `${listing(targets)}, nor at what is of no service, such as the host`}. What counts as traffic: ${trafficWords}`
          : `unknown: less than a week of traffic was measured so far (${by.join(', ')})`,
    };
  },
});

/** The targets of the services and all that these need, of other services too. */
function targetsBehind(
  configuration: Pick<Configuration, 'targets' | 'services'>,
  names: readonly string[],
): string[] {
  const topology = topologyOf(configuration);
  const found = new Set<string>();
  const add = (target: string) => {
    for (const name of [target, ...dependenciesOf(topology, target)]) found.add(name);
  };
  const services = new Map(configuration.services.map((service) => [service.name, service]));
  for (const service of configuration.services) {
    if (!names.includes(service.name)) continue;
    for (const target of [...service.targets, ...targetsBelow(service, services)]) add(target);
  }
  return [...found];
}

async function trafficOf(ctx: VerbContext, isMeant: (name: string) => boolean) {
  const to = ctx.clock.now();
  const rates: Rates[] = [];
  const by = new Set<string>();
  for (const { target, metric } of traffic(ctx)) {
    const name = `${target} ${metric}`;
    if (!isMeant(target) || by.has(name)) continue;
    const span = { target, metric, from: to - historyMs, to, stepMs: hourMs, counter: true };
    const found = await ctx.samples.aggregate(span);
    rates.push(...found.map(({ at, avg }) => ({ at, value: avg })));
    if (found.length > 0) by.add(name);
  }
  return { rates, by: [...by] };
}

/** `trafficWords` */
function traffic({ estate, configuration }: VerbContext): { target: string; metric: string }[] {
  const counted = [...estate().targets].flatMap(([target, { metrics }]) =>
    Object.entries(metrics).flatMap(([metric, { isTraffic }]) => (isTraffic ? [{ target, metric }] : [])),
  );
  return [...counted, ...configuration().services.flatMap(({ slo }) => slo?.events?.total ?? [])];
}

function listing(names: readonly string[]): string {
  return names.length <= 1 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
