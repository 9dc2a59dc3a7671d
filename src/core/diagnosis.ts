/** Ranks findings of several targets: the deepest broken dependency first, then confidence, then onset. */
import type { Finding } from './evidence.ts';
import { dependenciesOf, type Topology } from './topology.ts';

/** A finding about a target that needs another found target explains less than the one below it. */
const symptomDiscount = 0.6;

export function rankFindings(findings: readonly Finding[], topology: Topology): Finding[] {
  const best = new Map<string, Finding>();
  for (const finding of findings) {
    const key = `${finding.id}|${finding.target}|${finding.summary}`;
    const known = best.get(key);
    if (!known || known.confidence < finding.confidence) best.set(key, finding);
  }
  const all = [...best.values()];
  const causes = new Set(all.filter((finding) => finding.confidence >= 0.5).map((finding) => finding.target));
  const weight = (finding: Finding) => {
    const explainedBelow = dependenciesOf(topology, finding.target).some((name) => causes.has(name));
    return explainedBelow ? finding.confidence * symptomDiscount : finding.confidence;
  };
  return all.toSorted(
    (a, b) =>
      weight(b) - weight(a) || (a.onset ?? Number.POSITIVE_INFINITY) - (b.onset ?? Number.POSITIVE_INFINITY),
  );
}
