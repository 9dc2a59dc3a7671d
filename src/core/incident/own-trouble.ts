/**
 * Whether it is us: our own network, resolver or load, rather than everything out there at once. Pure.
 * It never speaks for a single target or service, nor for what answers (refused, denied) or runs on this machine.
 */
import { count } from '../count.ts';
import type { Rule } from '../rule.ts';
import type { Failure } from '../sample.ts';
import { graver, type Level } from '../severity.ts';
import { areJoined, type Topology } from '../topology.ts';

export interface Sign {
  readonly state: 'good' | 'bad' | 'unknown';
  /** `no default route`, `10.0.0.1 does not answer` */
  readonly detail: string;
}

export interface ResolverSign extends Sign {
  /** It lies elsewhere and answered before, so that its silence says something of the way, not of names alone. */
  readonly tellsOfTheWay?: boolean;
}

export const ownTroubleRule = 'upkeep.own-trouble';

/** What this machine says of itself. */
export interface OwnSigns {
  readonly route: Sign;
  readonly gateway: Sign;
  readonly resolver: ResolverSign;
  /** Good as soon as one of the configured addresses answers. */
  readonly canaries: Sign;
  /** Of this process: how late its timers are. */
  readonly load: Sign;
}

export interface Failing {
  readonly target: string;
  /** Null where it has no address on a network. */
  readonly host: string | null;
  readonly isOnThisMachine: boolean;
  /** On a network of this machine: no gateway lies between. */
  readonly isNear?: boolean;
  readonly why: Failure;
  readonly detail: string;
}

export interface Sight {
  /** Liveness checks whose last run failed. */
  readonly failing: readonly Failing[];
  /** Targets elsewhere that answer. */
  readonly answering: number;
  /** Those of them without a gateway between; they say nothing of the way out. */
  readonly answeringNear?: number;
  /** Null where nothing reads them. */
  readonly signs: OwnSigns | null;
}

export type OwnCause = 'route' | 'gateway' | 'canaries' | 'resolver' | 'load' | 'many-at-once';

export type OwnJudgement =
  | { readonly kind: 'theirs'; readonly reason: string }
  | {
      readonly kind: 'own';
      readonly cause: OwnCause;
      readonly reason: string;
      /** Targets whose failures say nothing of them. */
      readonly covers: readonly string[];
    };

/** Of things that have nothing to do with each other, so many failing together are one thing: the way to them. */
const manyFrom = 3;
/** The share of all targets elsewhere that must fail for it to be the way, not they. */
const mostShare = 0.6;

export function judgeOwn(
  { failing, answering, answeringNear = 0, signs }: Sight,
  topology: Topology,
): OwnJudgement {
  const lost = failing.filter(isOfTheNetwork);
  const [first] = lost;
  if (!first) return { kind: 'theirs', reason: 'nothing elsewhere fails for want of an answer' };
  const own = (cause: OwnCause, reason: string, of: readonly Failing[] = lost): OwnJudgement => ({
    kind: 'own',
    cause,
    reason,
    covers: of.map(({ target }) => target),
  });
  if (signs?.route.state === 'bad') return own('route', signs.route.detail);
  // What answers out there proves the way, whatever else is said.
  if (signs?.canaries.state === 'good') return byName(lost, signs, own) ?? theirs(signs.canaries.detail);
  if (signs?.canaries.state === 'bad') return own('canaries', signs.canaries.detail);
  const far = lost.filter(({ isNear }) => !isNear);
  const answeringFar = answering - answeringNear;
  if (far.length > 0 && answeringFar === 0) {
    if (signs?.gateway.state === 'bad') return own('gateway', signs.gateway.detail, far);
    if (signs?.resolver.state === 'bad' && signs.resolver.tellsOfTheWay)
      return own(
        'resolver',
        `nothing elsewhere answers, nor does the resolver: ${signs.resolver.detail}`,
        far,
      );
  }
  const named = byName(lost, signs, own);
  if (named) return named;
  const late = lost.filter(({ why }) => why === 'timeout');
  if (signs?.load.state === 'bad' && late.length > 0) return own('load', signs.load.detail, late);
  const together = manyAtOnce(far, answeringFar, topology);
  if (together.isMany) return own('many-at-once', together.reason, far);
  const all = manyAtOnce(lost, answering, topology);
  return all.isMany ? own('many-at-once', all.reason) : theirs(all.reason);
}

function manyAtOnce(
  lost: readonly Failing[],
  answering: number,
  topology: Topology,
): { isMany: boolean; reason: string } {
  const unrelated = groupsOf(lost, topology);
  if (unrelated < manyFrom) {
    const said = count(unrelated, 'unrelated target does', 'unrelated targets do');
    return { isMany: false, reason: `${said} not answer, fewer than ${manyFrom}` };
  }
  const all = lost.length + answering;
  if (lost.length / all < mostShare)
    return {
      isMany: false,
      reason: `${count(answering, 'target elsewhere answers', 'targets elsewhere answer')}`,
    };
  const reason = `${lost.length} of ${all} targets elsewhere stopped answering together, ${unrelated} of them unrelated`;
  return { isMany: true, reason };
}

/** With so many answers of those that are asked, it is not the way, whatever the rest does. */
export function enoughAnswers(lost: number, asked: number): number {
  return Math.min(asked, Math.floor((1 - mostShare) * (lost + asked)) + 1);
}

function theirs(reason: string): OwnJudgement {
  return { kind: 'theirs', reason };
}

/** A broken resolver explains names that do not resolve, and nothing else. */
function byName(
  lost: readonly Failing[],
  signs: OwnSigns | null,
  own: (cause: OwnCause, reason: string, of: readonly Failing[]) => OwnJudgement,
): OwnJudgement | null {
  if (signs?.resolver.state !== 'bad') return null;
  const nameless = lost.filter(({ detail }) => isNameFailure(detail));
  return nameless.length === 0 ? null : own('resolver', signs.resolver.detail, nameless);
}

/** Whether a failure was of looking a name up. */
export function isNameFailure(detail: string): boolean {
  return /ENOTFOUND|EAI_|ESERVFAIL|name lookup|getaddrinfo|not resolve|the resolver (?:gave|gives|failed)/i.test(
    detail,
  );
}

/** Whether the failure may be of the way instead of the target. */
export function isOfTheNetwork({ why, host, isOnThisMachine }: Omit<Failing, 'target' | 'detail'>): boolean {
  return (why === 'unreachable' || why === 'timeout') && host !== null && !isOnThisMachine;
}

/**
 * How grave it is by its rules that a target does not answer, so that our own trouble opens as grave as what it holds,
 * also before each of that is confirmed.
 *
 * @param metric of its liveness: `http.up`
 */
export function levelUnreached(rules: readonly Rule[], metric: string): Level {
  return rules.reduce<Level>((worst, rule) => {
    if (rule.kind !== 'state' || !rule.enabled || rule.metric !== metric) return worst;
    if (rule.critical?.includes(0)) return graver(worst, rule.levels.critical);
    return rule.warning?.includes(0) ? graver(worst, rule.levels.warning) : worst;
  }, 'low');
}

/**
 * Whether our own trouble gets graver by a change of the message that is there: who heard of it as high was woken, and what
 * is held beside that is the same trouble. Below that nobody was: they are called.
 */
export function isRaisedQuietly(from: Level, alerts: readonly { readonly rule: string }[]): boolean {
  return from === 'high' && alerts.every(({ rule }) => rule === ownTroubleRule);
}

/** How many share neither host nor service nor need. */
function groupsOf(lost: readonly Failing[], topology: Topology): number {
  const groups: Failing[][] = [];
  for (const one of lost) {
    const near = groups.filter((group) =>
      group.some((other) => other.host === one.host || areJoined(topology, other.target, one.target)),
    );
    const [first, ...others] = near;
    if (!first) {
      groups.push([one]);
      continue;
    }
    first.push(one, ...others.flat());
    for (const other of others) groups.splice(groups.indexOf(other), 1);
  }
  return groups.length;
}
