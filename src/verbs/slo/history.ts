/** The stored course of an objective, in steps that fit how long there has been one. */
import type { SeriesView } from '../../core/view.ts';
import type { SampleStore } from '../../store/samples/index.ts';

/** As many as a chart is wide for. */
const mostSteps = 300;
/** Values of objectives are stored each minute; finer steps would be empty. */
const leastStepMs = 60_000;

type Asked = Omit<Parameters<SampleStore['aggregate']>[0], 'stepMs'>;

/**
 * Null where nothing is stored. An installation of a few hours would show one step of a month's chart, so it is asked
 * again from its first value on.
 */
export async function historyOf(
  samples: Pick<SampleStore, 'aggregate'>,
  asked: Asked,
): Promise<SeriesView | null> {
  const stepMs = Math.ceil((asked.to - asked.from) / mostSteps);
  const [whole] = await samples.aggregate({ ...asked, stepMs });
  if (!whole) return null;
  const first = whole.at[whole.max.findIndex((value) => value !== null)] ?? asked.from;
  const from = Math.max(asked.from, first);
  const finer = Math.max(leastStepMs, Math.ceil((asked.to - from) / mostSteps));
  if (finer >= stepMs) return whole;
  const [young] = await samples.aggregate({ ...asked, from, stepMs: finer });
  return young ? withoutLead(young) : whole;
}

function withoutLead({ labels, at, min, max, avg, p50, p95, p99 }: SeriesView): SeriesView {
  const first = max.findIndex((value) => value !== null);
  const cut = <T>(values: readonly T[]) => values.slice(first);
  return {
    ...{ labels, at: cut(at), min: cut(min), max: cut(max), avg: cut(avg) },
    ...{ p50: cut(p50), p95: cut(p95), p99: cut(p99) },
  };
}
