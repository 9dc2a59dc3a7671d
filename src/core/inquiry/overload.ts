/** When the machine itself is short of something, what lives on it gets worse without a fault of its own. Pure. */
import type { Alert } from '../alert.ts';
import type { Finding } from '../evidence.ts';

/** Rules of hosts that say that work waits, whoever does it. */
const shortages = new Set([
  'host.cpu',
  'host.cpu-iowait',
  'host.cpu-steal',
  'host.cpu-pressure',
  'host.pressure',
  'host.load',
  'host.memory',
  'host.swapping',
  'host.io-pressure',
  'host.memory-pressure',
]);

const confidence = 0.65;

export type Shortage = Pick<Alert, 'rule' | 'target' | 'summary' | 'since' | 'detail'>;

/** Those that were there when the trouble began, the oldest first. */
export function shortagesAt(alerts: readonly Shortage[], begunBy: number): Shortage[] {
  return alerts
    .filter(({ rule, since }) => shortages.has(rule) && since <= begunBy)
    .sort((a, b) => a.since - b.since);
}

export function overloadFinding(
  all: readonly Shortage[],
  {
    worse,
    onset,
    say,
    evidence,
  }: {
    /** What got worse and lives there. */
    readonly worse: readonly string[];
    readonly onset: number;
    readonly say: (at: number) => string;
    readonly evidence: readonly string[];
  },
): Finding[] {
  const [first] = all;
  if (!first || worse.length === 0) return [];
  const told = all.map(({ rule, summary, detail, since }) => {
    const words = detail === '' ? summary : `${summary}: ${detail}`;
    return `${rule} since ${say(since)} (${words})`;
  });
  return [
    {
      id: 'history.overload',
      target: first.target,
      onlySlows: true,
      summary: `${first.target}, on which ${worse.join(' and ')} ${worse.length === 1 ? 'runs' : 'run'}, was short itself before: ${first.summary}, since ${say(first.since)}`,
      explanation: `Before the trouble began at ${say(onset)} fired already: ${told.join('; ')}. What runs on a machine that is short gets slow without a fault of its own.`,
      confidence,
      onset: first.since,
      evidence: [...evidence],
      unseen: [],
      decides: [
        `which processes use most of ${first.target}: \`upkeep investigate ${first.target}\`, and whether it goes away when they pause`,
      ],
      recommendations: [],
    },
  ];
}
