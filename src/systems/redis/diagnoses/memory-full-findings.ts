import { count } from '../../../core/count.ts';
import type { Evidence, Finding, Recommendation, Scalar } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import { formatDuration } from '../../../core/time.ts';
import { bytesInWords } from '../in-words.ts';
import { eased } from '../probes/memory.ts';
import { changeBehind } from './evidence.ts';

/** The share from which memory counts as full: the critical threshold of the rule redis.memory. */
const full = 0.9;

export function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const state = find(evidence, target, 'memory');
  const facts = state?.facts;
  if (state === undefined || facts === undefined || facts.used === undefined) return [];
  const used = numberOf(facts.used);
  const limit = numberOf(facts.limit);
  const harm = textOf(facts.whenFull);
  const isRefusing = numberOf(facts.writesRefusedSinceLastSample) > 0;
  const isFull = limit > 0 && used / limit >= full;
  // A cache that evicts is meant to be full, and old refusals say nothing of now.
  if (!(isFull && harm !== 'evicts') && !isRefusing) return [];

  const change = changeBehind(evidence, target, ({ name }) => /^maxmemory(-policy)?$/.test(textOf(name)));
  const by = largestPrefix(evidence, target);
  const share =
    limit > 0
      ? `${Math.round((100 * used) / limit)} % of maxmemory ${bytesInWords(limit)}`
      : bytesInWords(used);
  return [
    {
      id: 'redis.memory-full',
      target,
      summary: `Redis uses ${share}${consequence(harm, facts)}${by}`,
      past: `Redis used ${share}${by}`,
      explanation: [
        `Policy ${textOf(facts.policy)}, role ${textOf(facts.role)}: when memory is full it ${harm}.`,
        change === undefined
          ? ''
          : `${textOf(change.name)} was changed from ${textOf(change.before)} to ${textOf(change.now)}.`,
        growth(facts),
        contributors(evidence, target),
        advice(facts),
      ]
        .filter(Boolean)
        .join(' '),
      confidence:
        isFull && (isRefusing || facts.refusesNow === true || numberOf(facts.writesRefused) > 0)
          ? 0.95
          : isFull
            ? 0.85
            : 0.7,
      ...(change === undefined ? {} : { change: textOf(change.change) }),
      evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
      unseen: unseenOf(evidence),
      recommendations: remedy(facts, target, change),
    },
  ];
}

type Facts = Readonly<Record<string, Scalar>>;

/** A snapshot forks: what is written meanwhile is held twice. */
const forkRoom = 1.5;
const raisedBy = 1.5;
/** A judgement. */
const tellingMs = 60_000;

/** For a cache, room by giving up what is used least; for what may lose nothing, more room where the machine has it. */
function remedy(facts: Facts, target: string, change: Row | undefined): Recommendation[] {
  if (textOf(facts.whenFull) === 'evicts') return [];
  const back = limitBefore(facts, change);
  if (back !== null) {
    const why = `maxmemory was lowered to ${bytesInWords(numberOf(facts.limit))}: what stood before takes writes again, and nothing is lost`;
    return [{ action: 'redis.set-maxmemory', target, input: { bytes: back }, why }];
  }
  if (textOf(facts.role) === 'cache') {
    const why = 'a cache may drop what is used least instead of refusing writes';
    return [{ action: 'redis.set-maxmemory-policy', target, input: { policy: 'allkeys-lru' }, why }];
  }
  const limit = numberOf(facts.limit);
  const machine = numberOf(facts.machine);
  const raised = Math.floor(Math.min(limit * raisedBy, machine / forkRoom));
  if (limit === 0 || raised <= limit) return [];
  const why = 'writes are taken again while people decide what may go; nothing is evicted';
  return [{ action: 'redis.set-maxmemory', target, input: { bytes: raised }, why }];
}

/** The limit that somebody lowered, where putting it back makes room within what the machine has; null else. */
function limitBefore(facts: Facts, change: Row | undefined): number | null {
  if (change === undefined || textOf(change.name) !== 'maxmemory') return null;
  const [before, now] = [Number(textOf(change.before)), Number(textOf(change.now))];
  const fits = before * eased > numberOf(facts.used) && before <= numberOf(facts.machine) / forkRoom;
  return before > now && now === numberOf(facts.limit) && fits ? before : null;
}

function consequence(harm: string, facts: Facts): string {
  const refused = numberOf(facts.writesRefused);
  if (harm === 'refuses writes') {
    if (refused === 0 && facts.refusesNow === true) return ' and refuses every write';
    return refused > 0
      ? ` and refuses writes (OOM, ${refused} so far)`
      : ' and refuses writes when it is full';
  }
  const evicted = numberOf(facts.evicted);
  return evicted > 0 ? ` and has evicted ${count(evicted, 'key')}` : ' and evicts keys when it is full';
}

function growth(facts: Facts): string {
  const grown = numberOf(facts.grownSinceLastSample);
  const age = numberOf(facts.lastSampleAgeMs);
  // Over some seconds it is the breath of a server at work.
  if (facts.grownSinceLastSample === null || age < tellingMs) return '';
  if (grown <= 0) return 'It has not grown since the last sample.';
  return `It grew by ${bytesInWords(grown)} in the last ${formatDuration(age)}.`;
}

function contributors(evidence: readonly Evidence[], target: string): string {
  const parts = rowsOf(find(evidence, target, 'memory-parts'));
  const clients = numberOf(parts.find((row) => row.part === 'clients.normal')?.bytes);
  const dataset = numberOf(parts.find((row) => row.part === 'dataset.bytes')?.bytes);
  const databases = rowsOf(find(evidence, target, 'keyspace'));
  const keys = databases.reduce((sum, row) => sum + numberOf(row.keys), 0);
  const expiring = databases.reduce((sum, row) => sum + numberOf(row.expires), 0);
  return [
    dataset > 0
      ? `Data takes ${bytesInWords(dataset)}${clients > dataset / 10 ? `, client buffers ${bytesInWords(clients)}` : ''}.`
      : '',
    keys > 0 ? `${count(keys, 'key')}, ${Math.round((100 * expiring) / keys)} % of them with an expiry.` : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function largestPrefix(evidence: readonly Evidence[], target: string): string {
  const [first] = rowsOf(find(evidence, target, 'prefixes'));
  const share = numberOf(first?.share);
  if (first === undefined || share < 0.3 || textOf(first.prefix) === '(no prefix)') return '';
  return `; about ${Math.round(share * 100)} % of it under ${textOf(first.prefix)}:`;
}

function advice(facts: Facts): string {
  const free = numberOf(facts.machine) - numberOf(facts.resident);
  const room =
    numberOf(facts.machine) > 0
      ? `, within the ${bytesInWords(Math.max(0, free))} the machine has beside it`
      : '';
  const never = 'Never FLUSHALL, and do not restart: the data is loaded again as it is.';
  switch (textOf(facts.role)) {
    case 'cache':
      return `It is a cache: CONFIG SET maxmemory-policy allkeys-lru lets it drop what is used least, at once and without a restart. ${never}`;
    case 'queue':
      return `It is a queue: see whether its workers run and keep up (length of the longest list or stream), then raise maxmemory${room}. Evicting would lose jobs. ${never}`;
    default:
      return `It is a store: raise maxmemory${room} and leave half as much again for the fork of a snapshot; then give keys that may go an expiry. Evicting would lose data. ${never}`;
  }
}
