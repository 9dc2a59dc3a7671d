/**
 * Burn-rate alerts over months of simulated traffic with mixed incidents: how many alerts are right, how many incidents are
 * found, how soon. Beside the plain rules that the SRE workbook starts from. Compare rules, not levels: the figures depend
 * on the mix of incidents.
 */
import { createEventCounts } from '../src/core/burn-rate/event-counts.ts';
import { judgeBurn } from '../src/core/burn-rate/judge.ts';
import { burnRulesFor, type CountBetween } from '../src/core/burn-rate/objective.ts';
import { significant } from './figures.ts';
import { seeded } from './filling-disks.ts';
import type { Result, Row } from './report.ts';

const minuteMs = 60_000;
const dayMinutes = 1_440;
const days = 120;
const objective = { target: 0.999, periodMs: 30 * dayMinutes * minuteMs };
const seeds = [1, 2, 3, 4, 5] as const;
const traffics = { '100 requests/s': 6_000, '0.05 requests/s': 3 } as const;

interface Outage {
  readonly from: number;
  readonly minutes: number;
  readonly error: number;
}
interface World {
  readonly count: CountBetween;
  readonly outages: readonly (Outage & { readonly isSignificant: boolean })[];
}

type Alerts = (count: CountBetween, now: number) => boolean;
const rules = burnRulesFor(objective.periodMs);
const pages = rules.filter((rule) => rule.severity === 'page');
const compared: Readonly<Record<string, Alerts>> = {
  'Upkeep, pages': (count, now) =>
    judgeBurn({ objective, count, since: 0, rules: pages }, now).state === 'page',
  'Upkeep, pages and tickets': (count, now) =>
    ['page', 'ticket'].includes(judgeBurn({ objective, count, since: 0, rules }, now).state),
  'Upkeep, pages, at least 10 bad events': (count, now) =>
    judgeBurn({ objective, count, since: 0, rules: pages, leastBad: 10 }, now).state === 'page',
  'errors over 0.1 % for 10 minutes': (count, now) => errorShare(count, now, 10) >= 0.001,
  'burn of 36 over one hour': (count, now) => errorShare(count, now, 60) >= 0.036,
};

export async function run(): Promise<Result> {
  const rows: Row[] = [];
  for (const [traffic, perMinute] of Object.entries(traffics)) {
    const worlds = seeds.map((seed) => simulate(seed, perMinute));
    for (const [rule, alerts] of Object.entries(compared)) {
      const judged = worlds.map((world) => judge(world, alerts));
      const mean = (figure: (one: Judged) => number) => {
        const values = judged.map(figure).filter(Number.isFinite);
        return values.reduce((a, b) => a + b, 0) / values.length;
      };
      rows.push({
        rule: `${rule}, ${traffic}`,
        precision: significant(mean((one) => one.precision)),
        recall: significant(mean((one) => one.recall)),
        'found after': `${significant(mean((one) => one.minutes))} min`,
        'alerts per 30 d': significant(mean((one) => (one.alerts * 30) / days)),
      });
    }
  }
  const cost = costOfLivePath();
  return {
    title: `Burn rate: alerts on a 99.9 % objective, ${seeds.length} seeds of ${days} days`,
    rows,
    notes: [
      'An alert is right when it overlaps an incident that spends at least 2 % of the budget of 30 days; recall counts those incidents. Alerts less than 30 minutes apart are one. Judged each minute.',
      'Pages alone leave slow burns to tickets by design. With little traffic one failure is a large share: asking for ten bad events is a trade, not a cure.',
      `The live path, by the minute: ${significant(cost.add)} us to add events, ${significant(cost.judge)} us to judge four rules.`,
    ],
  };
}

function errorShare(count: CountBetween, now: number, minutes: number): number {
  const { good, bad } = count(now - minutes * minuteMs, now);
  return good + bad === 0 ? 0 : bad / (good + bad);
}

/** 0.02 % of events fail at rest; ten incidents in 30 days, from a blip to a slow burn. */
function simulate(seed: number, perMinute: number): World {
  const random = seeded(seed * 7_919);
  const outages: World['outages'][number][] = [];
  for (let at = 5 * dayMinutes; at < (days - 3) * dayMinutes; ) {
    const minutes = Math.round(2 * 10 ** (random() * 2.6));
    const error = 10 ** (-3 + random() * 3);
    const budget = (error * minutes) / (0.001 * 30 * dayMinutes);
    outages.push({ from: at, minutes, error, isSignificant: budget >= 0.02 });
    at += minutes + Math.round((0.5 + random() * 5) * dayMinutes);
  }
  const counts = prefixSums(outages, perMinute, random);
  return { count: counts, outages };
}

function prefixSums(outages: readonly Outage[], perMinute: number, random: () => number): CountBetween {
  const size = days * dayMinutes;
  const good = new Float64Array(size + 1);
  const bad = new Float64Array(size + 1);
  let next = 0;
  for (let i = 0; i < size; i++) {
    while (next < outages.length && i >= (outages[next]?.from ?? 0) + (outages[next]?.minutes ?? 0)) next++;
    const outage = outages[next];
    const share = 0.0002 + (outage && i >= outage.from ? outage.error : 0);
    const events = poisson(perMinute * (1 + 0.5 * Math.sin((2 * Math.PI * i) / dayMinutes)), random);
    const failed = Math.min(events, poisson(events * Math.min(1, share), random));
    good[i + 1] = (good[i] ?? 0) + events - failed;
    bad[i + 1] = (bad[i] ?? 0) + failed;
  }
  const at = (sums: Float64Array, time: number) =>
    sums[Math.max(0, Math.min(size, Math.round(time / minuteMs)))] ?? 0;
  return (from, to) => ({ good: at(good, to) - at(good, from), bad: at(bad, to) - at(bad, from) });
}

/** Knuth's method for small means, the normal approximation for large ones. */
function poisson(mean: number, random: () => number): number {
  if (mean > 30) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  const limit = Math.exp(-mean);
  let product = random();
  let count = 0;
  while (product > limit) {
    product *= random();
    count++;
  }
  return count;
}

interface Judged {
  readonly precision: number;
  readonly recall: number;
  /** Median minutes from the begin of an incident to its alert. */
  readonly minutes: number;
  readonly alerts: number;
}

function judge({ count, outages }: World, alerts: Alerts): Judged {
  const episodes: { from: number; to: number }[] = [];
  for (let i = 4 * dayMinutes; i < days * dayMinutes; i++) {
    if (!alerts(count, i * minuteMs)) continue;
    const last = episodes.at(-1);
    if (last && i - last.to < 30) last.to = i;
    else episodes.push({ from: i, to: i });
  }
  const significantOnes = outages.filter((one) => one.isSignificant);
  const overlaps = (one: Outage, two: { from: number; to: number }) =>
    two.from <= one.from + one.minutes && two.to >= one.from;
  const right = episodes.filter((episode) => significantOnes.some((one) => overlaps(one, episode)));
  const delays = significantOnes.flatMap((one) => {
    const first = episodes.find((episode) => overlaps(one, episode));
    return first ? [Math.max(0, first.from - one.from)] : [];
  });
  delays.sort((a, b) => a - b);
  return {
    precision: right.length / episodes.length,
    recall: delays.length / significantOnes.length,
    minutes: delays[delays.length >> 1] ?? Number.NaN,
    alerts: episodes.length,
  };
}

/** What the live path costs: microseconds for adding an event and for judging all four rules. */
function costOfLivePath(): { readonly add: number; readonly judge: number } {
  const counts = createEventCounts(objective.periodMs);
  const events = 500_000;
  let began = performance.now();
  for (let i = 0; i < events; i++)
    counts.add((i * 30 * dayMinutes * minuteMs) / events, 1, i % 1_000 === 0 ? 1 : 0);
  const add = ((performance.now() - began) / events) * 1_000;
  const now = 30 * dayMinutes * minuteMs;
  began = performance.now();
  for (let i = 0; i < 2_000; i++) judgeBurn({ objective, count: counts.count, since: 0, rules }, now - i);
  return { add, judge: ((performance.now() - began) / 2_000) * 1_000 };
}
