import type { Outcome } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { AlertSource } from '../connection.ts';

export const sourceProbe: Probe<AlertSource> = {
  id: 'alertmanager.source',
  summary: 'Whether the source of alerts is heard of',
  liveness: true,
  waits: true,
  metrics: {
    'alertmanager.up': {
      summary: '1 while it is heard of within silentAfter, else 0; unknown without a watchdog',
      unit: 'state',
      kind: 'gauge',
    },
    'alertmanager.age': { summary: 'Time since it was last heard of', unit: 'seconds', kind: 'gauge' },
  },
  run: async (source, { clock }) => judge(source, clock.now()),
};

function judge({ config, inbox, name }: AlertSource, now: number): Outcome {
  const lastAt = inbox.receipt()?.lastAt;
  if (lastAt === undefined) {
    return {
      ok: false,
      why: 'broken-probe',
      detail: `nothing came yet. Make a token with \`upkeep token create ${name} --scopes push\` and send alerts to /api/v1/alerts/alertmanager/${name}`,
    };
  }
  const age = now - lastAt;
  const detail = `last heard of ${formatDuration(age)} ago`;
  const readings = [{ metric: 'alertmanager.age', value: age / 1_000 }];
  if (config.silentAfter === undefined) {
    const reason = 'a source that has no alert and one that is gone are both silent';
    const remedy = `route an alert that always fires (${config.watchdog}) here and set silentAfter`;
    return {
      ok: true,
      readings: [{ metric: 'alertmanager.up', value: Number.NaN }, ...readings],
      missing: [{ metrics: ['alertmanager.up'], reason, remedy }],
      detail,
    };
  }
  const heardUntil = lastAt + config.silentAfter;
  const away = inbox.blind().findLast((span) => span.to >= lastAt && span.from <= heardUntil);
  const listensSince = Math.max(lastAt, away?.to ?? 0);
  const isUp = age <= config.silentAfter;
  const isKnown = isUp || now - listensSince > config.silentAfter;
  return {
    ok: true,
    readings: [{ metric: 'alertmanager.up', value: isUp ? 1 : isKnown ? 0 : Number.NaN }, ...readings],
    detail,
  };
}
