import { count } from '../../../core/count.ts';
import type { Evidence, Finding, Scalar } from '../../../core/evidence.ts';
import { find, numberOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import { formatDuration } from '../../../core/time.ts';
import { changeBehind } from './evidence.ts';

type Facts = Readonly<Record<string, Scalar>>;
type How = 'restart' | 'flushed' | 'expired' | 'ran-out' | 'evicted' | 'deleted';

/** So much of what went must have gone one way for it to be the way (J). */
const bulk = 0.6;
/** So many of the keys that there were make a wave a thing of the past (J). */
const refilled = 0.9;
/** What lookups find has to fall by so much for the wave to be felt (J). */
const felt = 0.2;
/** After this long it stands for what is wrong now only while lookups still miss (J). */
const recentMs = 5 * 60_000;

export function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const wave = find(evidence, target, 'key-wave');
  const now = find(evidence, target, 'keys-now');
  const facts = wave?.facts;
  if (wave === undefined || facts === undefined || now?.facts?.isLoading === true) return [];
  const role = textOf(now?.facts?.role);
  const how = howOf(facts, now);
  const fell = fallOf(facts);
  const isDrop = numberOf(facts.keysAfter) <= numberOf(facts.keysBefore) / 2;
  // Filled again: what is wrong since then has another reason.
  if (isDrop && numberOf(now?.facts?.keys) >= refilled * numberOf(facts.keysBefore)) return [];
  // Keys that are replaced as they expire, while lookups find theirs, are a cache at work; jobs taken from a queue too.
  if (!isDrop && fell < felt) return [];
  if (role === 'queue' && (how === 'deleted' || how === 'expired' || how === 'ran-out')) return [];
  // Nobody misses what ran out.
  if (how === 'ran-out' && fell < felt) return [];
  const canCome = role === 'cache' || how === 'expired' || how === 'ran-out' || how === 'evicted';
  if (canCome && isOver(facts, now?.at ?? wave.at)) return [];
  const change =
    how === 'evicted'
      ? changeBehind(evidence, target, ({ name }) => /^maxmemory(-policy)?$/.test(textOf(name)))
      : undefined;
  const isFelt = fell >= felt;
  return [
    {
      id: 'redis.mass-expiry',
      target,
      title: titles[how],
      summary: `${went(facts, how, isDrop)}${isFelt ? `; lookups that find their key fell from ${percent(facts.hitsBefore)} to ${percent(facts.hitsAfter)}` : ''}`,
      explanation: [
        mechanism(how, facts),
        change === undefined
          ? ''
          : `${textOf(change.name)} was changed from ${textOf(change.before)} to ${textOf(change.now)}.`,
        how === 'ran-out'
          ? ''
          : role === 'cache'
            ? 'What stands behind the cache does the work of the lookups that miss until it is filled again: load there is the consequence, not the cause.'
            : `It is declared as a ${role}: what is gone and cannot be computed again has to come from the last snapshot.`,
        advice(how),
      ]
        .filter(Boolean)
        .join(' '),
      confidence: confidenceOf(how, isFelt, role),
      onset: numberOf(facts.fromAt),
      ...(change === undefined ? {} : { change: textOf(change.change) }),
      evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
      unseen: unseenOf(evidence),
      ...(how === 'deleted'
        ? { decides: ['who deletes: INFO commandstats (del, unlink), and what was deployed or ran then'] }
        : {}),
      recommendations: [],
    },
  ];
}

const titles: Readonly<Record<How, string>> = {
  restart: 'Redis was restarted and came back with fewer keys',
  flushed: 'keys were dropped by FLUSHALL or FLUSHDB',
  expired: 'many keys expired at once',
  'ran-out': 'fewer keys are written than before',
  evicted: 'many keys were evicted at once',
  deleted: 'many keys were deleted by commands',
};

function howOf(facts: Facts, now: Evidence | undefined): How {
  const lost = numberOf(facts.keysBefore) - numberOf(facts.keysAfter);
  const least = bulk * Math.max(lost, 1);
  const uptime = now?.facts?.uptimeSeconds;
  // In whole seconds: it may have been up for almost one more.
  const startedAt = typeof uptime === 'number' ? (now?.at ?? 0) - (uptime + 1) * 1_000 : null;
  // One that was restarted after they had gone came back with what it had then.
  const isNewer =
    startedAt !== null && startedAt > numberOf(facts.fromAt) && startedAt <= numberOf(facts.toAt);
  if (facts.hasRestarted === true || isNewer) return 'restart';
  if (numberOf(facts.flushes) > 0) return 'flushed';
  const [expired, evicted] = [numberOf(facts.expired), numberOf(facts.evicted)];
  if (Math.max(expired, evicted) < least) return 'deleted';
  if (evicted > expired) return 'evicted';
  return facts.hasRunOut === true ? 'ran-out' : 'expired';
}

/** It was a while ago, and lookups find what they did before, or nobody looks anything up. */
function isOver(facts: Facts, now: number): boolean {
  if (now - numberOf(facts.toAt) < recentMs) return false;
  const { hitsBefore, hitsLately } = facts;
  if (typeof hitsLately !== 'number') return true;
  return typeof hitsBefore === 'number' && hitsLately > hitsBefore - felt;
}

function fallOf({ hitsBefore, hitsAfter }: Facts): number {
  return typeof hitsBefore === 'number' && typeof hitsAfter === 'number' ? hitsBefore - hitsAfter : 0;
}

function went(facts: Facts, how: How, isDrop: boolean): string {
  const within = formatDuration(numberOf(facts.toAt) - numberOf(facts.fromAt));
  const [before, after] = [numberOf(facts.keysBefore), numberOf(facts.keysAfter)];
  const amount = isDrop
    ? `${before - after} of ${count(before, 'key')}`
    : `${numberOf(how === 'evicted' ? facts.evicted : facts.expired)} keys`;
  const ways: Readonly<Record<How, string>> = {
    restart: `Redis was restarted and came back with ${after} of ${count(before, 'key')}`,
    flushed: `${amount} were dropped by FLUSHALL or FLUSHDB`,
    expired: `${amount} expired within ${within}`,
    'ran-out': `fewer keys are written than before: ${amount} ran out as usual, up to ${Math.round(numberOf(facts.fastestExpiry))} a second`,
    evicted: `${amount} were evicted within ${within}`,
    deleted: `${amount} were deleted by commands within ${within}`,
  };
  return ways[how];
}

function mechanism(how: How, facts: Facts): string {
  switch (how) {
    case 'restart':
      return 'Its counters began anew: it was restarted and loaded nothing, or an older snapshot.';
    case 'flushed':
      return `FLUSHALL or FLUSHDB was called ${count(numberOf(facts.flushes), 'time')}: by a deployment, a test that reached the wrong server, or by hand.`;
    case 'expired':
      return 'They were given the same time to live at the same moment, as by a job that fills a cache or after it was emptied, and so go together.';
    case 'ran-out':
      return `They expired no faster than keys were written before (up to ${Math.round(numberOf(facts.usualExpiry))} a second), so it is no wave: what writes them stopped, does less, or cannot. That may be the consequence of another trouble, or the end of a peak.`;
    case 'evicted':
      return 'Memory was full and the policy gave them up, as when maxmemory is lowered or a job writes much at once.';
    case 'deleted':
      return 'Neither expiry nor eviction nor FLUSHALL accounts for them: a client deleted them.';
  }
}

function advice(how: How): string {
  const always =
    'Let it fill, hold back expensive requests meanwhile, and do not restart the database behind it.';
  switch (how) {
    case 'expired':
      return `${always} Then spread expiries: the time to live plus or minus a tenth at random.`;
    case 'flushed':
      return `${always} Take FLUSHALL and FLUSHDB from the users of applications: ACL SETUSER app -flushall -flushdb.`;
    case 'restart':
      return `${always} Save points or an append-only file let it come back with its keys.`;
    case 'ran-out':
      return 'Look at what writes to it, and at what that needs.';
    default:
      return always;
  }
}

function confidenceOf(how: How, isFelt: boolean, role: string): number {
  if (how === 'flushed' || how === 'restart') return 0.9;
  if (how === 'ran-out') return 0.3;
  if (how === 'deleted') return isFelt ? 0.7 : 0.5;
  // What expired and nobody misses harms nobody.
  if (how === 'expired' && !isFelt) return 0.4;
  return isFelt ? 0.88 : role === 'cache' ? 0.65 : 0.55;
}

function percent(share: Scalar | undefined): string {
  return `${Math.round(numberOf(share) * 100)} %`;
}
