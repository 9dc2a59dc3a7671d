/** Whether two open incidents are one trouble: led by the same cause, or maybe, where somebody declared one. Pure. */
import type { Finding } from '../evidence.ts';
import { formatDuration } from '../time.ts';
import { needEachOther, type Topology } from '../topology.ts';
import { isSameCause, sureFrom } from './causes.ts';
import { openSince } from './reopen.ts';

export interface Declared {
  readonly openedAt: number;
  readonly targets: readonly string[];
  readonly services: readonly string[];
}

export interface MergeProposal {
  /** People decide; nothing is merged by itself. */
  readonly propose: boolean;
  readonly reason: string;
}

/** People declare what they see minutes before or after the checks do. */
const aroundMs = 30 * 60_000;

export function mergeProposal(
  declared: Declared,
  other: Declared & { readonly isHygiene?: boolean },
  topology: Topology,
): MergeProposal {
  const propose = (reason: string): MergeProposal => ({ propose: true, reason });
  if (other.isHygiene) return { propose: false, reason: 'the other is about how something is set up' };
  const target = declared.targets.find((name) => other.targets.includes(name));
  if (target !== undefined) return propose(`both are about ${target}`);
  const service = declared.services.find((name) => other.services.includes(name));
  if (service !== undefined) return propose(`both reach ${service}`);
  for (const name of declared.targets) {
    const near = other.targets.find((one) => needEachOther(topology, name, one));
    if (near !== undefined) return propose(`${name} and ${near} depend on each other`);
  }
  const apartMs = Math.abs(other.openedAt - declared.openedAt);
  if (declared.targets.length + declared.services.length > 0 || apartMs > aroundMs)
    return { propose: false, reason: 'nothing joins them' };
  return propose(`it names no service or target, and they opened ${formatDuration(apartMs)} apart`);
}

export interface Led {
  readonly id: string;
  readonly openedAt: number;
  /** Ranked. */
  readonly findings: readonly Finding[];
  readonly conduct?:
    | { readonly reopenedAt?: number; readonly declaredBy?: string; readonly splitFrom?: string }
    | undefined;
}

export interface Joined {
  readonly ending: string;
  readonly into: string;
  readonly reason: string;
}

/** The same sure cause leads both: the younger goes into the older. Never what people declared or split off. */
export function sameCause(one: Led, open: readonly Led[]): Joined | null {
  const cause = leadingCause(one);
  if (cause === null) return null;
  const other = open
    .filter(({ id }) => id !== one.id)
    .find((candidate) => {
      const its = leadingCause(candidate);
      return its !== null && isSameCause(its, cause);
    });
  if (other === undefined) return null;
  const [older, younger] = [one, other].toSorted((a, b) => beganAt(a) - beganAt(b) || (a.id < b.id ? -1 : 1));
  if (older === undefined || younger === undefined) return null;
  const reason = `${cause.id} on ${cause.target} leads both: one cause is one incident`;
  return { ending: younger.id, into: older.id, reason };
}

function leadingCause({ findings: [first], conduct }: Led): Finding | null {
  if (first === undefined || conduct?.declaredBy !== undefined || conduct?.splitFrom !== undefined)
    return null;
  const isCause = first.nature !== 'hygiene' && first.over === undefined && first.beside === undefined;
  return isCause && first.confidence >= sureFrom ? first : null;
}

function beganAt({ openedAt, conduct }: Led): number {
  return openSince({ openedAt, ...(conduct?.reopenedAt ? { reopenedAt: conduct.reopenedAt } : {}) });
}
