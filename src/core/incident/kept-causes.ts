/** The causes that an incident had, kept for its end: what is found later of its aftermath never takes their place. Pure. */

import type { Evidence, Finding } from '../evidence.ts';
import type { Plan } from '../plan.ts';
import { dependenciesOf, type Topology } from '../topology.ts';
import type { ActionView } from '../view.ts';
import { isSameCause, latecomersMs, sureFrom } from './causes.ts';
import { asksFor, begunAgain, mendedBy } from './over.ts';

export interface KeptCause {
  /** As it was found first. */
  readonly finding: Finding;
  readonly evidence: readonly Evidence[];
  /** Epoch milliseconds. */
  readonly foundAt: number;
  /** When a look found it last. */
  readonly lastAt: number;
  /** The verified action that was for it; absent where none was. */
  readonly mendedBy?: string;
}

export interface RootCause extends Omit<KeptCause, 'mendedBy'> {
  /** The action it recommended that was applied and verified; null where none was. */
  readonly mendedBy: string | null;
}

interface Look {
  readonly findings: readonly Finding[];
  readonly evidence: readonly Evidence[];
}

/** An incident with more is a day of its own: the first say how it began. */
const mostKept = 8;
/** Rows and characters of a piece of evidence that are kept with a cause. */
const mostRows = 10;
const mostText = 1_000;

/**
 * Adds what a look found with high confidence and what needs nothing else that it found, or that was found just before:
 * the deepest first. Ids of its evidence are made its own, since the next look writes over them.
 * @param at epoch milliseconds
 */
export function keepCauses(
  kept: readonly KeptCause[],
  { findings, evidence }: Look,
  at: number,
  topology: Topology,
): readonly KeptCause[] {
  const sure = findings.filter(isCause);
  const again = (one: KeptCause) => sure.some((found) => isSameCause(found, one.finding));
  const known = kept.map((one) =>
    again(one) ? { ...one, finding: begunAgain(one.finding), lastAt: at } : one,
  );
  const standing = [
    ...sure,
    ...known.filter(({ lastAt }) => at - lastAt < latecomersMs).map((one) => one.finding),
  ];
  const below = ({ target }: Finding) => {
    const needed = dependenciesOf(topology, target).filter((name) => name !== target);
    return standing.filter((one) => needed.includes(one.target)).length;
  };
  const added = sure
    .filter((one) => !known.some(({ finding }) => isSameCause(finding, one)))
    .filter((one) => one.isByItself === true || below(one) === 0)
    .toSorted((a, b) => below(a) - below(b))
    .map((finding, index) => asKept(finding, evidence, at, known.length + index));
  return [...known, ...added].slice(0, mostKept);
}

function isCause({ confidence, nature, isWhereOnly, beside }: Finding): boolean {
  return confidence >= sureFrom && nature !== 'hygiene' && isWhereOnly !== true && beside === undefined;
}

function asKept(finding: Finding, evidence: readonly Evidence[], at: number, place: number): KeptCause {
  const own = (id: string) => `${id}#${place + 1}`;
  const shown = evidence.filter(({ id }) => finding.evidence.includes(id)).map(shortened);
  return {
    finding: { ...finding, evidence: shown.map(({ id }) => own(id)) },
    evidence: shown.map((piece) => ({ ...piece, id: own(piece.id) })),
    foundAt: at,
    lastAt: at,
  };
}

function shortened({ table, text, ...piece }: Evidence): Evidence {
  return {
    ...piece,
    ...(table === undefined ? {} : { table: { ...table, rows: table.rows.slice(0, mostRows) } }),
    ...(text === undefined ? {} : { text: text.slice(0, mostText) }),
  };
}

type Applied = Pick<ActionView, 'state' | 'appliedAt'> & { readonly action: string; readonly target: string };

/** What a verified action mended first, since it was proved; each in order of time. */
export function rootCauses(kept: readonly KeptCause[], actions: readonly Applied[]): RootCause[] {
  const roots = kept.map((one): RootCause => {
    const mended = actions.find(
      ({ action, target, state, appliedAt }) =>
        state === 'done' &&
        appliedAt !== null &&
        appliedAt >= one.foundAt &&
        one.finding.recommendations.some((asked) => asked.action === action && asked.target === target),
    );
    return { ...one, mendedBy: one.mendedBy ?? mended?.action ?? null };
  });
  return roots.toSorted((a, b) => Number(a.mendedBy === null) - Number(b.mendedBy === null));
}

/** Adds what asked for an action that was verified, however sure it was: that it helped says more than any look. */
export function keepAsked(
  kept: readonly KeptCause[],
  { findings, evidence }: Look,
  plan: Pick<Plan, 'action' | 'target' | 'input'>,
  at: number,
): readonly KeptCause[] {
  const added = findings
    .filter((one) => asksFor(one, plan) && !kept.some(({ finding }) => isSameCause(finding, one)))
    .map((one, index) => asKept(one, evidence, one.seenAt ?? at, kept.length + index));
  return [...kept, ...added].slice(0, mostKept);
}

/** Marks the causes that asked for what a verified action did. */
export function markMended(
  kept: readonly KeptCause[],
  plan: Pick<Plan, 'action' | 'target' | 'input'>,
  at: number,
  now: string | undefined,
): readonly KeptCause[] {
  return kept.map((one) => {
    const [finding = one.finding] = mendedBy([one.finding], plan, at, now);
    return finding === one.finding ? one : { ...one, finding, mendedBy: plan.action };
  });
}

/** Of two incidents that become one, in order of time; what both had is told once. Ids of evidence stay apart. */
export function joinCauses(
  staying: readonly KeptCause[],
  ending: readonly KeptCause[],
): readonly KeptCause[] {
  const isKnown = (one: KeptCause) => staying.some(({ finding }) => isSameCause(finding, one.finding));
  return [...staying, ...ending.filter((one) => !isKnown(one))]
    .toSorted((a, b) => a.foundAt - b.foundAt)
    .slice(0, mostKept)
    .map(renumbered);
}

function renumbered(one: KeptCause, index: number): KeptCause {
  const own = (id: string) => `${id.replace(/#\d+$/, '')}#${index + 1}`;
  return {
    ...one,
    finding: { ...one.finding, evidence: one.finding.evidence.map(own) },
    evidence: one.evidence.map((piece) => ({ ...piece, id: own(piece.id) })),
  };
}

/** What an incident tells while it is open: what is so now first, then the causes that it had before. */
export function findingsSoFar(
  { findings, evidence }: Look,
  kept: readonly Pick<KeptCause, 'finding' | 'evidence' | 'lastAt'>[],
): Look {
  const earlier = kept.filter((one) => !findings.some((now) => isSameCause(now, one.finding)));
  const told = earlier.map(
    ({ finding, lastAt }): Finding => ({ ...finding, seenAt: Math.max(lastAt, finding.seenAt ?? 0) }),
  );
  return {
    findings: [...findings, ...told].toSorted(
      (a, b) => Number(a.over !== undefined) - Number(b.over !== undefined),
    ),
    evidence: [...evidence, ...earlier.flatMap((one) => one.evidence)],
  };
}

/** What an incident tells of its cause once it is over: its root causes, then what was found beside and after them. */
export function findingsAtEnd({ findings, evidence }: Look, roots: readonly RootCause[]): Look {
  const rest = findings.filter((one) => !roots.some(({ finding }) => isSameCause(finding, one)));
  const asSure = ({ finding }: RootCause) =>
    findings.find((one) => isSameCause(one, finding) && one.confidence >= finding.confidence);
  const added = roots.filter((one) => asSure(one) === undefined).flatMap((one) => one.evidence);
  const own = new Set(added.map(({ id }) => id));
  return {
    findings: [...roots.map((one) => asSure(one) ?? one.finding), ...rest],
    evidence: [...added, ...evidence.filter(({ id }) => !own.has(id))],
  };
}
