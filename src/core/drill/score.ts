/** Scores what was seen of a drill. Pure: the same record gives the same score. */
import type { Cause, DrillPlan, DrillRecord, Mitigation, SeenFinding, SeenFindings } from './drill.ts';

export interface DrillScore {
  readonly id: string;
  readonly title: string;
  readonly row: string;
  readonly isControl: boolean;
  readonly passed: boolean;
  /** What was not as it should be, one sentence each. */
  readonly faults: readonly string[];
  /** Time to detect, localise and mitigate, milliseconds since the injection; null where it did not happen or had not to. */
  readonly detectMs: number | null;
  readonly localiseMs: number | null;
  readonly mitigateMs: number | null;
  /** Place of the cause among the ranked findings, the worst of several causes, from 1; null where it is missing or there is none. */
  readonly rank: number | null;
  /** Of a control null. */
  readonly top1: boolean | null;
  readonly top3: boolean | null;
  readonly mitigation: Mitigation;
  /** What ended it or was proposed; null where nothing was. */
  readonly action: string | null;
  /** The action that had to run ran and the symptom stayed away; null where none had to. */
  readonly held: boolean | null;
  readonly falseActions: readonly string[];
  readonly damage: readonly string[];
  /** What Upkeep said first. */
  readonly said: string | null;
  /** How long it took with its sandbox, milliseconds; of boards from before that was kept it is not known. */
  readonly tookMs?: number;
}

export function scoreDrill(record: DrillRecord): DrillScore {
  const { plan, injectedAt } = record;
  const isControl = plan.causes.length === 0;
  const latest = latestOf(record.findings);
  const before = latestOf(record.findings.filter(({ at }) => at <= firstRightAt(record)));
  const ranks = plan.causes.map((causes) => rankOf(causes, before) ?? rankOf(causes, latest));
  const worst = ranks.every((rank) => rank !== null) ? Math.max(0, ...ranks) : null;
  const detectedAt = least(record.alerts.map((alert) => alert.firedAt).filter((at) => at >= injectedAt));
  const localisedAt = localised(plan, record.findings);
  const clearedAt = heldSince(record);
  const ran = record.actions.filter((one) => one.appliedAt !== null);
  const right = record.actions.find((one) => isRight(plan, one.action, one.state));
  const held =
    plan.mitigation === 'always'
      ? clearedAt !== null && ran.some((one) => isRight(plan, one.action, one.state))
      : null;
  const score = {
    id: plan.id,
    title: plan.title,
    row: plan.row,
    isControl,
    detectMs: isControl || detectedAt === null ? null : detectedAt - injectedAt,
    localiseMs: localisedAt === null ? null : localisedAt - injectedAt,
    mitigateMs: held && clearedAt !== null ? clearedAt - injectedAt : null,
    rank: isControl ? null : worst,
    // With two causes, both lead: they take the first two places.
    top1: isControl ? null : worst !== null && worst <= plan.causes.length,
    top3: isControl ? null : worst !== null && worst <= Math.max(3, plan.causes.length),
    mitigation: plan.mitigation,
    action: right?.action ?? null,
    held,
    falseActions: falseActions(record),
    damage: record.damage.map(({ name, before, after }) => `${name}: ${before} -> ${after}`),
    said: latest[0]?.findings[0]?.summary ?? null,
  };
  const faults = [...faultsOf(score, record, latest)];
  return { ...score, faults, passed: faults.length === 0 };
}

function* faultsOf(
  score: Omit<DrillScore, 'faults' | 'passed'>,
  record: DrillRecord,
  latest: readonly SeenFindings[],
): Generator<string> {
  const { plan, trouble, injectedAt } = record;
  if (trouble !== null) yield `the drill went wrong: ${trouble}`;
  if (!score.isControl) {
    if (score.detectMs === null) yield 'not detected';
    if (!score.top1)
      yield score.rank === null ? 'the cause was not named' : `the cause came in place ${score.rank}`;
  }
  if (plan.mitigation === 'always' && !score.held)
    yield score.action === null
      ? `${plan.actions.join(' or ')} was not applied${insteadOf(record)}`
      : 'the symptom did not clear and stay away';
  if (plan.mitigation === 'ask' && score.action === null)
    yield `${plan.actions.join(' or ')} was not proposed${insteadOf(record)}`;
  for (const action of score.falseActions) yield `false action: ${action}`;
  for (const damage of score.damage) yield `damage: ${damage}`;
  const seen = latest.filter(({ at }) => at >= injectedAt).flatMap(({ findings }) => findings);
  for (const finding of seen.filter((one) => !one.isTied))
    yield `a claim without evidence: ${finding.diagnosis} on ${finding.target}`;
  for (const finding of seen.filter((one) => blamesInnocent(plan, one)))
    yield `the innocent is blamed: ${finding.summary}`;
}

/** What became of it instead, where it was thought of. */
function insteadOf({ plan, actions, notPlanned = [] }: DrillRecord): string {
  const tried = actions.findLast(({ action }) => plan.actions.includes(action));
  if (tried !== undefined) return ` (${tried.state}${tried.result === null ? '' : `: ${tried.result}`})`;
  const refused = notPlanned.findLast(({ action }) => plan.actions.includes(action));
  return refused === undefined ? '' : ` (not planned: ${refused.reason})`;
}

function blamesInnocent(
  { innocent = [] }: DrillPlan,
  { blames, diagnosis, isCapacity }: SeenFinding,
): boolean {
  if (isCapacity) return false;
  return innocent.some((name) => diagnosis === name || (blames?.includes(name) ?? false));
}

/** When what ends it was done first: what is found afterwards is what is left. */
function firstRightAt({ plan, actions }: DrillRecord): number {
  const times = actions.flatMap(({ action, appliedAt }) =>
    appliedAt !== null && plan.actions.includes(action) ? [appliedAt] : [],
  );
  return least(times) ?? Number.POSITIVE_INFINITY;
}

/** The newest list of each incident, the incident with the most findings first. */
function latestOf(lists: readonly SeenFindings[]): SeenFindings[] {
  const newest = new Map(lists.map((list) => [list.incident, list]));
  return [...newest.values()].toSorted((a, b) => b.findings.length - a.findings.length);
}

/** The best place in any incident's list. */
function rankOf(causes: readonly Cause[], lists: readonly SeenFindings[]): number | null {
  return least(
    lists
      .map(({ findings }) => findings.findIndex((finding) => isOneOf(causes, finding)) + 1)
      .filter((rank) => rank > 0),
  );
}

function isOneOf(causes: readonly Cause[], { diagnosis, target }: SeenFinding): boolean {
  return causes.some((cause) => cause.diagnosis === diagnosis && cause.target === target);
}

/** When each of the causes led a list for the first time. */
function localised({ causes }: DrillPlan, lists: readonly SeenFindings[]): number | null {
  const firsts = causes.map((group) =>
    least(
      lists
        .filter(({ findings }) => findings.slice(0, causes.length).some((finding) => isOneOf(group, finding)))
        .map(({ at }) => at),
    ),
  );
  if (firsts.length === 0 || firsts.some((at) => at === null)) return null;
  return Math.max(...firsts.filter((at) => at !== null));
}

/** When the symptom went away for good before the drill ended; null where it did not, or not for long enough. */
function heldSince({ symptom, endedAt, holdMs, injectedAt }: DrillRecord): number | null {
  const readings = symptom.filter(({ at }) => at >= injectedAt && at <= endedAt);
  const lastThere = readings.findLastIndex(({ isThere }) => isThere);
  const first = readings[lastThere + 1];
  return first !== undefined && endedAt - first.at >= holdMs ? first.at : null;
}

function isRight({ mitigation, actions }: DrillPlan, action: string, state: string): boolean {
  if (!actions.includes(action)) return false;
  if (mitigation === 'ask') return state === 'awaiting-approval';
  return mitigation === 'always' && state === 'done';
}

/** What ran and should not have; of a control what was only proposed as well. */
function falseActions({ plan, actions }: DrillRecord): string[] {
  const may = new Set([...(plan.mitigation === 'always' ? plan.actions : []), ...(plan.mayApply ?? [])]);
  const mayPropose = new Set([...may, ...(plan.mitigation === 'ask' ? plan.actions : [])]);
  return actions
    .filter(({ action, appliedAt }) =>
      appliedAt !== null ? !may.has(action) : plan.mitigation === 'nothing' && !mayPropose.has(action),
    )
    .map(({ action, target, state }) => `${action} on ${target} (${state})`);
}

function least(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.min(...values);
}
