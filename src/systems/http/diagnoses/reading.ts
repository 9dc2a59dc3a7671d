/** How the conclusions read the evidence: pure. */
import type { Evidence, Recommendation, Scalar } from '../../../core/evidence.ts';
import type { Dependency } from './dependencies.ts';

type Topic = 'alert' | 'tcp-connect' | 'answer' | 'listener' | 'certificate' | 'dependencies';
type Facts = Readonly<Record<string, Scalar>>;

export function factsOf(evidence: readonly Evidence[], target: string, topic: Topic): Facts | undefined {
  return evidence.find((each) => each.id === `${target}.${topic}`)?.facts;
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

/** Starting again the process behind an endpoint. */
export function restartOf(dependencies: readonly Dependency[], why: string): Recommendation[] {
  return behind(dependencies).map((target) => ({ action: 'process.restart', target, input: {}, why }));
}

/** Continuing a stopped process: loses nothing, where a restart would. */
export function resumeOf(dependencies: readonly Dependency[], why: string): Recommendation[] {
  return behind(dependencies).map((target) => ({ action: 'process.resume', target, input: {}, why }));
}

/** The declared processes that are down, or the only one there is. Of several living ones none: nothing says which. */
function behind(dependencies: readonly Dependency[]): string[] {
  const processes = dependencies.filter((each) => each.kind === 'process');
  const down = processes.filter((each) => each.up === false);
  const chosen = down.length > 0 ? down : processes.length === 1 ? processes : [];
  return chosen.map((each) => each.target);
}
