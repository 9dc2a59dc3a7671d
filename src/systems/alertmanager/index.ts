import { defineSystem } from '../../core/system.ts';
import { alertmanagerConfig } from './config.ts';
import { type AlertSource, connect, placeOf } from './connection.ts';
import { alertsProbe } from './probes/alerts.ts';
import { sourceProbe } from './probes/source.ts';

export const alertmanager = defineSystem({
  kind: 'alertmanager',
  summary: 'Alerts that a Prometheus or an Alertmanager sends to Upkeep',
  config: alertmanagerConfig,
  connect,
  close: async () => {},
  address: () => 'sends alerts here',
  probes: [sourceProbe, alertsProbe],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [],
  actions: [],
  receive: ({ config }: AlertSource) => ({
    place: (alert) => placeOf(config, alert),
    forgetAfterMs: config.forgetAfter,
  }),
});
