/** Ranks findings of several targets: the deepest broken dependency first, then confidence, then onset. */
import type { Finding } from './evidence.ts';
import { dependenciesOf, type Topology } from './topology.ts';

/** A finding about a target that needs another found target explains less than the one below it. */
const symptomDiscount = 0.6;
const justBelow = 0.99;

export function rankFindings(findings: readonly Finding[], topology: Topology): Finding[] {
  const best = new Map<string, Finding>();
  for (const finding of findings) {
    const key = `${finding.id}|${finding.target}|${finding.summary}`;
    const known = best.get(key);
    if (!known || known.confidence < finding.confidence) best.set(key, finding);
  }
  const all = [...best.values()];
  const causes = new Set(all.filter((finding) => finding.confidence >= 0.5).map((finding) => finding.target));
  const causesBelow = (target: string) =>
    dependenciesOf(topology, target).filter((name) => name !== target && causes.has(name));
  const depth = new Map(all.map(({ target }) => [target, causesBelow(target).length]));
  const weights = new Map<Finding, number>();
  const surest = (target: string) =>
    Math.max(0, ...all.filter((one) => one.target === target).map((one) => weights.get(one) ?? 0));
  // From the deepest up: what stands on a broken dependency never leads it, however sure it is.
  for (const finding of all.toSorted((a, b) => (depth.get(a.target) ?? 0) - (depth.get(b.target) ?? 0))) {
    const below = causesBelow(finding.target);
    const leastBelow = Math.min(...below.map(surest));
    const { confidence } = finding;
    const symptom = Math.min(confidence * symptomDiscount, leastBelow * justBelow);
    weights.set(finding, below.length > 0 ? symptom : confidence);
  }
  const weight = (finding: Finding) => weights.get(finding) ?? 0;
  return all.toSorted(
    (a, b) =>
      weight(b) - weight(a) || (a.onset ?? Number.POSITIVE_INFINITY) - (b.onset ?? Number.POSITIVE_INFINITY),
  );
}
