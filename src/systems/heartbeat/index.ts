import { defineSystem } from '../../core/system.ts';
import { formatDuration } from '../../core/time.ts';
import { heartbeatConfig } from './config.ts';
import { connect } from './connection.ts';
import { runFailed } from './diagnoses/run-failed.ts';
import { silent } from './diagnoses/silent.ts';
import { runsProbe } from './probes/runs.ts';

export const heartbeat = defineSystem({
  kind: 'heartbeat',
  summary: 'A scheduled job that reports its runs: late, failed, too long',
  config: heartbeatConfig,
  connect,
  close: async () => {},
  address: ({ cron, period }) =>
    cron === undefined ? `every ${formatDuration(period ?? 0)}` : `cron ${cron}`,
  probes: [runsProbe],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [runFailed, silent],
  actions: [],
  receive: () => ({ heartbeat: true }),
});
