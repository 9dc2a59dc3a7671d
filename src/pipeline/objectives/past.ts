/** What the store kept of an objective, as counts of good and bad. */
import type { EventCounts } from '../../core/burn-rate/event-counts.ts';
import type { SeriesOf, ServiceSettings } from '../../core/configuration.ts';
import type { ObjectiveKind } from '../../core/rule.ts';
import type { Metric } from '../../core/sample.ts';
import type { SampleStore } from '../../store/samples/index.ts';
import type { Watched } from '../bound.ts';
import type { History } from '../learned/history.ts';
import { livenessIntervalMs } from '../measured-time.ts';
import { carries } from '../reported.ts';

export interface Past {
  readonly history: History;
  readonly range: SampleStore['range'];
  readonly covered: SampleStore['covered'];
}

/** Of a target. */
export interface About {
  /** Its system's kind. */
  readonly system: string;
  readonly metrics: Readonly<Record<string, Metric>>;
  /** How often its liveness is checked now. */
  readonly everyMs: number;
}

export function aboutOf(watched: Watched): About {
  const { settings, metrics } = watched;
  return { system: settings.system, metrics, everyMs: livenessIntervalMs(watched) };
}

export interface Question {
  readonly service: ServiceSettings;
  readonly kind: ObjectiveKind;
  readonly of: (target: string) => About | undefined;
  readonly isExcluded: (target: string, at: number) => boolean;
  readonly from: number;
  readonly to: number;
  /** How far back minutes are wanted; hours before that. Three days where absent, as live. */
  readonly fineMs?: number;
  /** Told of each target whose time was measured. */
  readonly onMeasured?: (target: string) => void;
}

const minuteMs = 60_000;
const hourMs = 3_600_000;
/** Minutes are counted for so long, hours before that. */
const liveFineMs = 72 * hourMs;
/** The store answers so many minutes at once. */
const mostFineMs = 144 * hourMs;

export async function learnPast(
  past: Past,
  question: Question,
  counts: Pick<EventCounts, 'add'>,
): Promise<void> {
  const { service, kind } = question;
  if (kind === 'latency') return learnLatency(past, question, counts);
  const { events } = service.slo ?? {};
  for (const [from, to, stepMs] of spansOf(question)) {
    const span = { from, to: to - 1, stepMs };
    if (events === undefined) await learnTime(past, question, span, counts);
    else {
      const part = events.good ?? events.bad;
      const sign = events.good ? 1 : -1;
      const all = await ratesOf(past, events.total, span);
      for (const { at, value } of all)
        if (!question.isExcluded(events.total.target, at))
          counts.add(at, sign < 0 ? value : 0, sign < 0 ? 0 : value);
      for (const { at, value } of part ? await ratesOf(past, part, span) : [])
        if (!question.isExcluded(events.total.target, at)) counts.add(at, sign * value, -sign * value);
    }
  }
}

function spansOf({ from, to, fineMs = liveFineMs }: Question): [number, number, number][] {
  const border = Math.max(from, Math.ceil((to - fineMs) / hourMs) * hourMs);
  const spans: [number, number, number][] = [];
  for (let begin = border; begin < to; begin += mostFineMs)
    spans.push([begin, Math.min(to, begin + mostFineMs), minuteMs]);
  return border > from ? [[Math.floor(from / hourMs) * hourMs, border, hourMs], ...spans] : spans;
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
}

async function learnTime(
  past: Past,
  question: Question,
  span: Span,
  counts: Pick<EventCounts, 'add'>,
): Promise<void> {
  for (const target of question.service.targets) {
    const about = question.of(target);
    if (!about) continue;
    const { system, everyMs } = about;
    const asked = { target, metric: `${system}.up`, ...span, to: span.to + 1, usualMs: everyMs };
    const found = await past.covered(asked);
    if (found.length > 0) question.onMeasured?.(target);
    for (const { at, measuredMs, heldMs } of found.flatMap(({ steps }) => steps))
      if (!question.isExcluded(target, at))
        counts.add(at, heldMs / found.length, (measuredMs - heldMs) / found.length);
  }
}

/** Events of each step. */
async function ratesOf(past: Past, { target, metric, where }: SeriesOf, span: Span) {
  const kept = await past.history({ target, metric, counter: true, ...span });
  return kept
    .filter(({ labels }) => carries(labels, where))
    .flatMap(({ points }) => points.map(({ at, value }) => ({ at, value: (value * span.stepMs) / 1_000 })));
}

/** Whether each check was quick enough is known of raw samples only: of what is older nothing is counted. */
async function learnLatency(past: Past, question: Question, counts: Pick<EventCounts, 'add'>): Promise<void> {
  const { service, of, isExcluded, from, to } = question;
  const limit = (service.slo?.latency?.belowMs ?? 0) / 1_000;
  for (const target of service.targets) {
    const metrics = of(target)?.metrics ?? {};
    const metric = Object.keys(metrics).find((name) => metrics[name]?.latencyOf === 'request');
    if (metric === undefined) continue;
    // A day at a time, so that nothing else waits long.
    for (let begin = from; begin < to; begin += 24 * hourMs) {
      const end = Math.min(to, begin + 24 * hourMs) - 1;
      for (const { at, values } of await past.range({ target, metric, from: begin, to: end }))
        for (const [i, time] of at.entries()) {
          if (isExcluded(target, time)) continue;
          const isGood = (values[i] ?? 0) <= limit;
          counts.add(time, isGood ? 1 : 0, isGood ? 0 : 1);
        }
    }
  }
}
