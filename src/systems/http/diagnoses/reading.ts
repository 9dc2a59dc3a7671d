/** How the conclusions read the evidence: pure. */
import type { Evidence, Recommendation, Scalar } from '../../../core/evidence.ts';
import type { Dependency } from './dependencies.ts';

type Topic = 'alert' | 'tcp-connect' | 'answer' | 'listener' | 'certificate' | 'dependencies';
type Facts = Readonly<Record<string, Scalar>>;

export function factsOf(evidence: readonly Evidence[], target: string, topic: Topic): Facts | undefined {
  return evidence.find((each) => each.id === `${target}.${topic}`)?.facts;
}

/** `node (pid 812)`; undefined where this machine does not show who listens. */
export function whoListens(evidence: readonly Evidence[], target: string): string | undefined {
  const listener = factsOf(evidence, target, 'listener');
  return listener?.process ? `${listener.process} (pid ${listener.pids})` : undefined;
}

/** The ids of those topics that there is evidence of. */
export function idsOf(evidence: readonly Evidence[], target: string, topics: readonly Topic[]): string[] {
  const wanted = topics.map((topic) => `${target}.${topic}`);
  return evidence.filter((each) => wanted.includes(each.id)).map((each) => each.id);
}

export function unseenIn(evidence: readonly Evidence[]): string[] {
  return evidence.flatMap((each) => (each.unseen === undefined ? [] : [each.unseen]));
}

export function onsetOf(evidence: readonly Evidence[], target: string): { onset?: number } {
  const since = factsOf(evidence, target, 'alert')?.since;
  return typeof since === 'number' ? { onset: since } : {};
}

/**
 * What sets the process behind an endpoint going again: continuing it where it is stopped, which loses nothing, a start
 * where it does not run, else a restart. Of several living processes none is chosen: nothing says which it is.
 */
export function revive(
  dependencies: readonly Dependency[],
  why: string,
  isKnownStopped = false,
): Recommendation[] {
  const processes = dependencies.filter((each) => each.kind === 'process');
  const ill = processes.filter((each) => each.up === false || each.isStopped);
  const chosen = ill.length > 0 ? ill : processes.length === 1 ? processes : [];
  return chosen.map(({ target, isStopped, up }) => ({
    action:
      isStopped || isKnownStopped ? 'process.resume' : up === false ? 'process.start' : 'process.restart',
    target,
    input: {},
    why: isStopped || isKnownStopped ? 'it is stopped and only needs to be continued' : why,
  }));
}
