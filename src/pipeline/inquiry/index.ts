/** Answers a question about what is watched: the stored past and what the diagnoses see now, in one ranking. */
import { timestamp } from '../../clock.ts';
import type { Alert } from '../../core/alert.ts';
import type { Configuration } from '../../core/configuration.ts';
import { rankFindings } from '../../core/diagnosis.ts';
import { type Evidence, type Finding, withReadableTimes } from '../../core/evidence.ts';
import { concludePast, ifOver, pastEvidence } from '../../core/inquiry/conclude.ts';
import { feltKinds, kindsFor } from '../../core/inquiry/metric-kind.ts';
import { leadingShift, type MovedMetric, movedTogether } from '../../core/inquiry/moved.ts';
import { shortagesAt } from '../../core/inquiry/overload.ts';
import {
  nothingRecorded,
  type OwnEvent,
  ownEvents,
  ownEventsEvidence,
  type Recorded,
  type RecordedIncident,
  recordedAround,
  recordedEvidence,
  recordedFindings,
} from '../../core/inquiry/recorded.ts';
import type { LinedUp } from '../../core/inquiry/suspects.ts';
import { wallText } from '../../core/oncall/wall-time.ts';
import type { Symptom } from '../../core/question/question.ts';
import type { Clock } from '../../core/time.ts';
import { formatDuration } from '../../core/time.ts';
import { dependenciesOf } from '../../core/topology.ts';
import type { SampleStore } from '../../store/samples/index.ts';
import type { Estate } from '../bound.ts';
import type { Diagnostician, Investigation } from '../diagnose.ts';
import type { Ledger } from '../ledger.ts';
import { type Compared, compare, exactOnset, type SteadyMetric } from './compare.ts';
import { gravestFirst, livesHere } from './gravest-first.ts';

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
  /** What Upkeep saw and did in that time; nothing where absent. */
  readonly recorded?: Recorded;
  /** The incident that was asked about, if one was. */
  readonly incident?: RecordedIncident | null;
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
  /** What Upkeep itself saw and did around the onset, the oldest first. */
  readonly events: readonly OwnEvent[];
  readonly findings: readonly Finding[];
  readonly evidence: readonly Evidence[];
  readonly unseen: readonly string[];
  /** What is found now, apart from an incident that is over; null where none that is over was asked about. */
  readonly present: Investigation | null;
}

export interface InquirySources {
  readonly clock: Clock;
  readonly estate: Estate;
  readonly samples: Pick<SampleStore, 'aggregate' | 'latest' | 'range'>;
  readonly ledger: Pick<Ledger, 'around'>;
  readonly diagnostician: Pick<Diagnostician, 'investigate'>;
  readonly configuration: Pick<Configuration, 'services' | 'timezone'>;
}

const minutesMs = 15 * 60_000;
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
  const answer = await look(sources, inquiry);
  if (!isOpen(inquiry) || inquiry.incident) return answer;
  return { ...answer, findings: gravestFirst(answer.findings, inquiry.alerts, sources.estate) };
}

/** Nobody named a symptom or a time. */
function isOpen({ symptoms, span }: Inquiry): boolean {
  return symptoms.length === 0 && span === null;
}

async function look(sources: InquirySources, inquiry: Inquiry): Promise<Answer> {
  const { clock, estate, configuration, diagnostician } = sources;
  const now = clock.now();
  const below = inquiry.targets
    .flatMap((name) => dependenciesOf(estate.topology, name))
    .filter((name) => !inquiry.targets.includes(name));
  const targets = [...new Set([...inquiry.targets, ...below])];
  const kinds = isOpen(inquiry) ? feltKinds : kindsFor(inquiry.symptoms);
  const {
    span,
    compared,
    leading: roughly,
  } = await firstTelling(spansFor(inquiry.span, now), async (one) => {
    const compared = await compare(sources, targets, one);
    const telling = isOpen(inquiry) ? compared.moved.filter(isPlain) : compared.moved;
    return { span: one, compared, leading: leadingShift(telling, inquiry.targets, kinds) };
  });
  const { onset, exactToMs } = roughly
    ? await exactOnset(sources, roughly, compared.stepMs)
    : { onset: now, exactToMs: 0 };
  const leading = roughly && { ...roughly, onset };
  const steady = compared.steady
    .filter(({ kind, target }) => kinds.includes(kind) && inquiry.targets.includes(target))
    .sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind))
    .slice(0, mostSteady);
  const isOver = now - span.to > isNowMs;
  const looked = isOver
    ? { findings: [], evidence: [] }
    : await diagnostician.investigate(inquiry.targets, inquiry.alerts, leading?.onset);
  // Asked for a symptom, what is set up badly is no answer.
  const isCause = ({ nature }: Finding) => inquiry.symptoms.length === 0 || nature !== 'hygiene';
  const seen = { ...looked, findings: looked.findings.filter(isCause) };
  const { incident = null } = inquiry;
  const endedAt = incident?.resolvedAt ?? null;
  // What is there now came about after an incident that is over.
  const present = endedAt === null ? null : seen;
  const live = present === null ? seen : { findings: [], evidence: [] };
  const unseen = unseenOf(compared, span, {
    ...{ now, isOver, asked: inquiry.targets, timezone: configuration.timezone },
  });
  const say = (at: number) => wallText(at, configuration.timezone);
  const toleranceMs = Math.max(2 * compared.stepMs, leastToleranceMs);
  const then = recordedThen(inquiry, leading && { onset: leading.onset, toleranceMs });
  const recorded = recordedFindings(then, say).filter(
    (one) => isCause(one) && !live.findings.some((now) => now.id === one.id && now.target === one.target),
  );
  const events = ownEvents(then);
  const kept = [...recordedEvidence(then), ...ownEventsEvidence(events, now)].map((one) =>
    withReadableTimes(one, timestamp),
  );
  const none = { steady, onset: null, exactToMs: null, leading: null, moved: [], changes: [] };
  if (!leading)
    return {
      ...{ ...none, events, unseen, present },
      findings: [...live.findings, ...recorded],
      evidence: [...kept, ...live.evidence],
    };
  const moved = movedTogether(compared.moved, leading.onset, toleranceMs)
    .map((one) => (one === roughly ? leading : one))
    .slice(0, mostMoved);
  const firstAlert = inquiry.alerts
    .filter(({ target, since }) => targets.includes(target) && since >= onset - toleranceMs)
    .map(({ since }) => since);
  const begunBy = Math.min(onset + exactToMs, ...firstAlert);
  const past = {
    everMoved: compared.moved,
    steady: compared.steady,
    systemOf: (name: string) => estate.targets.get(name)?.settings.system,
    repairs: (inquiry.recorded?.actions ?? []).filter(({ state }) => state === 'done'),
    ...{ leading, moved, onset, toleranceMs, topology: estate.topology, live: live.findings, recorded },
    begunBy,
    shortages: shortagesAt(inquiry.alerts, begunBy),
    livesThere: (name: string) => livesHere(estate.targets.get(name)),
    asksNow: inquiry.span === null || now - inquiry.span.to < leastToleranceMs,
    changes: (await changesAround(sources, inquiry.targets, leading.onset)).filter(
      ({ after }) => endedAt === null || after < endedAt,
    ),
    membersOf: (service: string) =>
      configuration.services.find(({ name }) => name === service)?.targets ?? [],
    say,
  };
  const concluded = concludePast(past);
  const evidence = pastEvidence(past, concluded.changes, now).map((one) => withReadableTimes(one, timestamp));
  return {
    ...{ onset, exactToMs, leading, moved, steady },
    ...{ changes: concluded.changes, events, unseen, present },
    findings:
      endedAt === null
        ? rankFindings(
            [...live.findings, ...recorded.map((one) => ifOver(one, past)), ...concluded.findings],
            estate.topology,
          )
        : [...recorded, ...rankFindings(concluded.findings, estate.topology)],
    evidence: [...evidence, ...kept, ...live.evidence],
  };
}

/** Of the incident that was asked about all; else what began when the trouble did. */
function recordedThen(
  { incident = null, recorded = nothingRecorded }: Inquiry,
  began: { readonly onset: number; readonly toleranceMs: number } | null,
): Recorded {
  if (incident)
    return {
      incidents: [incident],
      actions: recorded.actions.filter(({ incidentId }) => incidentId === incident.id),
    };
  return began ? recordedAround(recorded, began.onset, began.toleranceMs) : nothingRecorded;
}

/**
 * A span is looked at in steps of its own length: in those of a day, what began minutes ago is not to be seen. Where nobody
 * said when, the last minutes are asked first, then the last hour; where somebody did, what was said.
 */
function spansFor(asked: Inquiry['span'], now: number): readonly [Span, ...Span[]] {
  const recent = { from: now - hourMs, to: now };
  const minutes = { from: now - minutesMs, to: now };
  if (asked === null) return [minutes, recent, { from: now - usualSpanMs, to: now }];
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
  { series, oldest, isPartial, stepMs }: Compared,
  span: { readonly from: number; readonly to: number },
  {
    now,
    isOver,
    asked,
    timezone,
  }: {
    readonly now: number;
    readonly isOver: boolean;
    readonly asked: readonly string[];
    readonly timezone: string;
  },
): string[] {
  const begun = asked.flatMap((name) => oldest.get(name) ?? []);
  const oldestAt = begun.length > 0 ? Math.min(...begun) : null;
  const past = oldestAt === null ? 0 : span.from - oldestAt;
  return [
    ...(series === 0
      ? ['nothing was stored of that time: Upkeep did not run, or was not told to watch it']
      : []),
    ...(series > 0 && past < leastPastMs && oldestAt !== null
      ? [
          `what was usual before: measurements begin ${wallText(oldestAt, timezone)} (${timezone}), ${formatDuration(now - oldestAt)} ago, so a change before that is not seen`,
        ]
      : []),
    ...(isPartial
      ? ['part of the series: comparing all of them would have taken too long; ask about fewer']
      : []),
    ...(isOver
      ? ['how it was inside of the systems then: diagnoses look at now, and that time is over']
      : []),
    ...(series > 0 && stepMs > 5 * 60_000
      ? [
          `what lasted less than ${formatDuration(2 * stepMs)}: over ${formatDuration(span.to - span.from)} values are compared in steps of ${formatDuration(stepMs)}, in which a short dip or peak is levelled out; ask about a day or an hour to see it`,
        ]
      : []),
  ];
}
