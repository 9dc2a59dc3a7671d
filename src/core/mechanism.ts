/** Whether what was found can bring about what fires: a missing index makes answers late, and none of them a 500. Pure. */
import type { Alert } from './alert.ts';
import type { Finding } from './evidence.ts';
import { isOfBudget } from './incident/hygiene.ts';
import { restsOn, type Topology } from './topology.ts';

export type Symptom = Pick<Alert, 'rule' | 'target' | 'state'>;

/**
 * `own-alert` its diagnosis explains one that fires; `reaches` what needs its target fires; `nothing-fires` near it, so
 * nothing speaks against it; `only-slows` all that fires is seen to fail at once or alone, which slowness never does.
 */
export type Mechanism = {
  readonly explains: boolean;
  readonly reason: 'own-alert' | 'reaches' | 'nothing-fires' | 'only-slows';
};

/** An answer that waited for what it needs takes longer (J): timeouts of statements and of pools are seconds, and a busy machine is slow. */
const atOnceSeconds = 2;
/** Gateways and whoever sheds load say these of others, and may mean that those are slow. */
const ofOthers = [502, 503, 504];

/**
 * Whether an error was answered without waiting for anything: then nothing that only slows is its cause.
 * @param seconds until it was answered; null where nobody measured it
 */
export function isErrorAtOnce(status: number, seconds: number | null): boolean {
  return status >= 500 && !ofOthers.includes(status) && seconds !== null && seconds < atOnceSeconds;
}

/** From here on a finding counts as the cause of the alert that it explains. */
const likely = 0.7;

export function mechanismOf(
  cause: Finding,
  findings: readonly Finding[],
  symptoms: readonly Symptom[],
  topology: Topology,
): Mechanism {
  if ((cause.explained ?? []).length > 0) return { explains: true, reason: 'own-alert' };
  const reached = symptoms.filter(
    (one) => one.state === 'firing' && !isOfBudget(one) && restsOn(topology, one.target, cause.target),
  );
  if (reached.length === 0) return { explains: true, reason: 'nothing-fires' };
  const isExplained = ({ rule, target }: Symptom) =>
    findings.some(
      ({ isNoSlowness, confidence, explained = [] }) =>
        isNoSlowness === true &&
        confidence >= likely &&
        explained.some((one) => one.rule === rule && one.target === target),
    );
  return cause.onlySlows === true && reached.every(isExplained)
    ? { explains: false, reason: 'only-slows' }
    : { explains: true, reason: 'reaches' };
}

/** Marks what no alert follows from, where another finding says what they follow from. */
export function withMechanism(
  findings: readonly Finding[],
  symptoms: readonly Symptom[],
  topology: Topology,
): readonly Finding[] {
  return findings.map((finding) =>
    mechanismOf(finding, findings, symptoms, topology).explains
      ? finding
      : {
          ...finding,
          beside: `what needs ${finding.target} would be slow by it, and all that fires fails at once or alone`,
        },
  );
}
