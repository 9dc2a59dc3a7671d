/** Answers a question about what is watched: the stored past and what the diagnoses see now, in one ranking. */
import { timestamp } from '../../clock.ts';
import type { Alert } from '../../core/alert.ts';
import type { Configuration } from '../../core/configuration.ts';
import { rankFindings } from '../../core/diagnosis.ts';
import { type Evidence, type Finding, withReadableTimes } from '../../core/evidence.ts';
import { concludePast, pastEvidence } from '../../core/inquiry/conclude.ts';
import { feltKinds, kindsFor } from '../../core/inquiry/metric-kind.ts';
import { leadingShift, type MovedMetric, movedTogether } from '../../core/inquiry/moved.ts';
import type { LinedUp } from '../../core/inquiry/suspects.ts';
import { wallText } from '../../core/oncall/wall-time.ts';
import type { Symptom } from '../../core/question/question.ts';
import type { Clock } from '../../core/time.ts';
import { formatDuration } from '../../core/time.ts';
import { dependenciesOf } from '../../core/topology.ts';
import type { SampleStore } from '../../store/samples/index.ts';
import type { Estate } from '../bound.ts';
import type { Diagnostician } from '../diagnose.ts';
import type { Ledger } from '../ledger.ts';
import { type Compared, compare, type SteadyMetric } from './compare.ts';

export interface Span {
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
}

export interface Inquiry {
  readonly targets: readonly string[];
  readonly symptoms: readonly Symptom[];
  /** Epoch milliseconds; null for what is so now, whenever it began. */
  readonly span: Span | null;
  readonly alerts: readonly Alert[];
}

export interface Answer {
  /** When it began, epoch milliseconds, and how exactly that is known; null where nothing moved. */
  readonly onset: number | null;
  readonly exactToMs: number | null;
  /** The metric that dates it. */
  readonly leading: MovedMetric | null;
  readonly moved: readonly MovedMetric[];
  /** What would show the symptom in what was asked about, and stayed as it was. */
  readonly steady: readonly SteadyMetric[];
  readonly changes: readonly LinedUp[];
  readonly findings: readonly Finding[];
  readonly evidence: readonly Evidence[];
  readonly unseen: readonly string[];
}

export interface InquirySources {
  readonly clock: Clock;
  readonly estate: Estate;
  readonly samples: Pick<SampleStore, 'aggregate' | 'latest'>;
  readonly ledger: Pick<Ledger, 'around'>;
  readonly diagnostician: Pick<Diagnostician, 'investigate'>;
  readonly configuration: Pick<Configuration, 'services' | 'timezone'>;
}

const hourMs = 3_600_000;
const usualSpanMs = 24 * hourMs;
/** What ended longer ago than this cannot be seen by looking now. */
const isNowMs = 15 * 60_000;
const leastToleranceMs = 2 * 60_000;
const changesBeforeMs = 6 * hourMs;
const leastPastMs = 30 * 60_000;
const mostMoved = 40;
const mostSteady = 8;
const plainScore = 6;

export async function inquire(sources: InquirySources, inquiry: Inquiry): Promise<Answer> {
  const { clock, estate, configuration, diagnostician } = sources;
  const now = clock.now();
  const below = inquiry.targets
    .flatMap((name) => dependenciesOf(estate.topology, name))
    .filter((name) => !inquiry.targets.includes(name));
  const targets = [...new Set([...inquiry.targets, ...below])];
  const isOpen = inquiry.symptoms.length === 0 && inquiry.span === null;
  const kinds = isOpen ? feltKinds : kindsFor(inquiry.symptoms);
  const seen = await firstTelling(spansFor(inquiry.span, now), async (one) => {
    const compared = await compare(sources, targets, one);
    const telling = isOpen ? compared.moved.filter(isPlain) : compared.moved;
    return { span: one, compared, leading: leadingShift(telling, inquiry.targets, kinds) };
  });
  const { span, compared, leading } = seen;
  const steady = compared.steady
    .filter(({ kind, target }) => kinds.includes(kind) && inquiry.targets.includes(target))
    .sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind))
    .slice(0, mostSteady);
  const isOver = now - span.to > isNowMs;
  const live = isOver
    ? { findings: [], evidence: [] }
    : await diagnostician.investigate(inquiry.targets, inquiry.alerts, leading?.onset);
  const unseen = unseenOf(compared, span, { now, isOver });
  const none = { steady, onset: null, exactToMs: null, leading: null, moved: [], changes: [] };
  if (!leading) return { ...none, ...live, unseen };
  const toleranceMs = Math.max(2 * compared.stepMs, leastToleranceMs);
  const moved = movedTogether(compared.moved, leading.onset, toleranceMs).slice(0, mostMoved);
  const past = {
    ...{ leading, moved, onset: leading.onset, toleranceMs, topology: estate.topology, live: live.findings },
    changes: await changesAround(sources, inquiry.targets, leading.onset),
    membersOf: (service: string) =>
      configuration.services.find(({ name }) => name === service)?.targets ?? [],
    say: (at: number) => wallText(at, configuration.timezone),
  };
  const concluded = concludePast(past);
  const evidence = pastEvidence(past, concluded.changes, now).map((one) => withReadableTimes(one, timestamp));
  return {
    ...{ onset: leading.onset, exactToMs: compared.stepMs, leading, moved, steady },
    ...{ changes: concluded.changes, unseen },
    findings: rankFindings([...live.findings, ...concluded.findings], estate.topology),
    evidence: [...evidence, ...live.evidence],
  };
}

/**
 * A span is looked at in steps of its own length: in those of a day, what began minutes ago is not to be seen. Where nobody
 * said when, the last hour is asked first; where somebody did, what was said.
 */
function spansFor(asked: Inquiry['span'], now: number): readonly [Span, ...Span[]] {
  const recent = { from: now - hourMs, to: now };
  if (asked === null) return [recent, { from: now - usualSpanMs, to: now }];
  const isCoarse = asked.to === now && asked.to - asked.from > 3 * hourMs;
  return isCoarse ? [asked, recent] : [asked];
}

interface Looked {
  readonly span: Span;
  readonly compared: Compared;
  readonly leading: MovedMetric | null;
}

/** The first look that dates an onset, else the one that saw most. */
async function firstTelling(
  [first, ...others]: readonly [Span, ...Span[]],
  look: (span: Span) => Promise<Looked>,
): Promise<Looked> {
  let widest = await look(first);
  for (const span of widest.leading ? [] : others) {
    const next = await look(span);
    if (next.leading) return next;
    if (next.span.from < widest.span.from) widest = next;
  }
  return widest;
}

/** Where nobody asks for anything, only what lasts and is beyond doubt is told. */
function isPlain({ ended, score }: MovedMetric): boolean {
  return ended === null && Math.abs(score) >= plainScore;
}

async function changesAround({ ledger, clock }: InquirySources, targets: readonly string[], onset: number) {
  const to = Math.min(clock.now(), onset + hourMs);
  const lists = await Promise.all(targets.map((name) => ledger.around(name, onset - changesBeforeMs, to)));
  return [...new Map(lists.flat().map((change) => [change.id, change])).values()];
}

function unseenOf(
  { series, oldestAt, isPartial, stepMs }: Compared,
  span: { readonly from: number; readonly to: number },
  { now, isOver }: { readonly now: number; readonly isOver: boolean },
): string[] {
  const past = oldestAt === null ? 0 : span.from - oldestAt;
  return [
    ...(series === 0
      ? ['nothing was stored of that time: Upkeep did not run, or was not told to watch it']
      : []),
    ...(series > 0 && past < leastPastMs && oldestAt !== null
      ? [
          `what was usual before: measurements begin ${timestamp(oldestAt)}, ${formatDuration(now - oldestAt)} ago, so a change before that is not seen`,
        ]
      : []),
    ...(isPartial
      ? ['part of the series: comparing all of them would have taken too long; ask about fewer']
      : []),
    ...(isOver
      ? ['how it was inside of the systems then: diagnoses look at now, and that time is over']
      : []),
    ...(stepMs > 5 * 60_000 ? [`anything shorter than ${formatDuration(2 * stepMs)} in so long a time`] : []),
  ];
}
