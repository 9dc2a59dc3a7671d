import type { Outcome } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { Received } from '../reader.ts';

export const sourceProbe: Probe<Received> = {
  id: 'received.source',
  summary: 'Whether the application still sends its metrics',
  liveness: true,
  waits: true,
  metrics: {
    'received.up': {
      summary: '1 while points come, 0 after silentAfter without any',
      unit: 'state',
      kind: 'gauge',
    },
    'received.age': { summary: 'Time since the last point', unit: 'seconds', kind: 'gauge' },
    'received.series.dropped': {
      summary: 'Series of the last batch that are not kept because `maxSeries` is reached',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: async (target, { clock }) => judge(target, clock.now()),
};

/** Metrics of the application itself come beside; their names are known only to it. */
function judge({ config, inbox }: Received, now: number): Outcome {
  const receipt = inbox.receipt();
  if (receipt === null) {
    const from = Object.entries(config.from).map(([name, value]) => `${name}=${value}`);
    return {
      ok: false,
      why: 'broken-probe',
      detail: `nothing came yet from ${from.join(', ')}. Send OTLP to /v1/metrics or remote write to /api/v1/write with a token of the scope push; \`upkeep push list\` shows what comes and belongs to nobody`,
    };
  }
  const age = now - receipt.lastAt;
  const heardUntil = receipt.lastAt + config.silentAfter;
  const away = inbox.blind().findLast((span) => span.to >= receipt.lastAt && span.from <= heardUntil);
  const listensSince = Math.max(receipt.lastAt, away?.to ?? 0);
  const isUp = age <= config.silentAfter;
  const isKnown = isUp || now - listensSince > config.silentAfter;
  return {
    ok: true,
    readings: [
      { metric: 'received.up', value: isUp ? 1 : isKnown ? 0 : Number.NaN },
      { metric: 'received.age', value: age / 1_000 },
      { metric: 'received.series.dropped', value: receipt.dropped },
    ],
    detail: `${receipt.series} series, last point ${formatDuration(Math.max(0, age))} ago`,
  };
}
