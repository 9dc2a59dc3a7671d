/** How much of a span was really stored: nobody may conclude from time of which nothing is known. */
import { wallText } from '../core/oncall/wall-time.ts';
import type { Labels } from '../core/sample.ts';
import { formatDuration } from '../core/time.ts';
import type { SampleStore } from '../store/samples/index.ts';
import type { Watched } from './bound.ts';
import { livenessIntervalMs, type Span } from './measured-time.ts';

export interface StoredHistory {
  readonly target: string;
  /** Begin of the first minute of the span that samples stand for, epoch ms; null where there is none. */
  readonly since: number | null;
  /** Of the series with most of it, ms. */
  readonly storedMs: number;
  readonly askedMs: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Restarts and late checks leave gaps that change no conclusion. */
const wholeShare = 0.98;
const mostNamed = 3;

/** @param of a metric of the target; whether it lives when left out */
export async function storedHistory(
  samples: Pick<SampleStore, 'covered'>,
  watched: Watched,
  { from, to }: Span,
  of?: { readonly metric: string; readonly labels?: Labels },
): Promise<StoredHistory> {
  const { name, system } = watched.settings;
  const series = {
    target: name,
    usualMs: livenessIntervalMs(watched),
    ...(of ?? { metric: `${system}.up` }),
  };
  const found = await samples.covered({ ...series, from, to, stepMs: hourMs });
  const hour = firstStep(found);
  const begin = hour === null ? null : Math.max(from, hour);
  const minutes =
    begin === null || hour === null
      ? []
      : await samples.covered({ ...series, from: begin, to: Math.min(to, hour + hourMs), stepMs: minuteMs });
  return {
    target: name,
    since: begin === null ? null : Math.max(begin, firstStep(minutes) ?? begin),
    storedMs: Math.round(Math.max(0, ...found.map(({ measuredMs }) => measuredMs))),
    askedMs: to - from,
  };
}

function firstStep(found: readonly { readonly steps: readonly { readonly at: number }[] }[]): number | null {
  const starts = found.flatMap(({ steps }) => steps[0]?.at ?? []);
  return starts.length === 0 ? null : Math.min(...starts);
}

/** `Stored since Mon 2026-11-23 14:02 (UTC), 37 m of the 30 d asked for.`; null where all of it was stored. */
export function sayStored(all: readonly StoredHistory[], timezone: string): string | null {
  const lacking = all
    .filter(({ storedMs, askedMs }) => storedMs < askedMs * wholeShare)
    .toSorted((a, b) => a.storedMs - b.storedMs);
  const [first] = lacking;
  if (!first) return null;
  const isOne = all.length === 1;
  const parts = lacking.slice(0, mostNamed).map(({ target, since, storedMs }) => {
    const of = isOne ? '' : `of ${target} `;
    return since === null
      ? `${of}nothing`
      : `${of}since ${wallText(since, timezone)} (${timezone}), ${formatDuration(storedMs)}`;
  });
  const more = lacking.length > mostNamed ? `; less than all of ${lacking.length - mostNamed} more` : '';
  return `Stored ${parts.join('; ')}${more} of the ${formatDuration(first.askedMs)} asked for.`;
}
