/** Whether what somebody declared and another open incident may be one trouble. Pure. */
import { formatDuration } from '../time.ts';
import { needEachOther, type Topology } from '../topology.ts';

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
