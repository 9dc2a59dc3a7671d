import { count } from '../../../core/count.ts';
import type { ForeignAlert } from '../../../core/foreign-alert.ts';
import type { Outcome, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import type { AlertSource } from '../connection.ts';

/** More at once are one trouble, and nobody reads them. */
const mostAlerts = 500;

export const alertsProbe: Probe<AlertSource> = {
  id: 'alertmanager.alerts',
  summary: 'Alerts that other monitors sent about this target',
  waits: true,
  forOthers: true,
  metrics: {
    'alertmanager.alert': {
      summary: 'An alert of another monitor, with its labels: 1 a warning, 2 critical',
      unit: 'state',
      kind: 'gauge',
    },
  },
  async run({ inbox }): Promise<Outcome> {
    const alerts = inbox.alerts();
    const readings = alerts.slice(0, mostAlerts).map(readingOf);
    const detail =
      alerts.length === 0
        ? 'no alert of another monitor'
        : `${count(alerts.length, 'alert')} of other monitors`;
    if (alerts.length <= mostAlerts) return { ok: true, readings, detail };
    const reason = `${count(alerts.length - mostAlerts, 'more alert', 'more alerts')} came than the ${mostAlerts} that are kept apart`;
    const remedy = 'group them where they are made, or leave some out with `ignore`';
    return { ok: true, readings, detail, missing: [{ metrics: ['alertmanager.alert'], reason, remedy }] };
  },
};

/** All annotations go with the alert: the one that names the culprit is not ours to choose. */
function readingOf(alert: ForeignAlert): Reading {
  const { labels, annotations, summary, generatorUrl, source } = alert;
  const detail = annotations.description ?? annotations.message ?? annotations.summary ?? summary;
  return {
    metric: 'alertmanager.alert',
    value: alert.level === 'critical' ? 2 : 1,
    labels,
    about: {
      summary,
      detail: detail.slice(0, 1_000),
      annotations: {
        ...annotations,
        ...(generatorUrl === null ? {} : { generatorURL: generatorUrl }),
        'sent by': source,
      },
    },
  };
}
