import type { Outcome } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { fetchStatus, type NginxConnection, parseStatus, workerConnections } from '../client.ts';
import { findNginx } from '../workers.ts';

export const workers: Probe<NginxConnection> = {
  id: 'nginx.workers',
  summary: 'Connections and open files of the workers against their limits, where nginx runs on this machine',
  atMostEveryMs: 10_000,
  metrics: {
    'nginx.workers': { summary: 'Worker processes', unit: 'count', kind: 'gauge' },
    'nginx.connections.used_ratio': {
      summary:
        'Connections of clients as a share of worker_connections of all workers; one that is passed on takes two places',
      unit: 'ratio',
      kind: 'gauge',
    },
    'nginx.files.used_ratio': {
      summary: 'Open files of the worker that has most, as a share of its limit',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
  },
  async run(conn, ctx): Promise<Outcome> {
    const nginx = await findNginx(conn);
    if (nginx === undefined) {
      const remedy = 'run Upkeep on the machine of nginx, or name its `config` so that the pid file is known';
      return {
        ok: true,
        readings: [],
        missing: [{ metrics: ['*'], reason: 'its processes are not seen on this machine', remedy }],
      };
    }
    const limit = workerConnections(conn);
    const status = await fetchStatus(conn, ctx.signal).then(parseStatus, () => undefined);
    const shares = nginx.workers.flatMap(({ openFiles, fileLimit }) =>
      openFiles === undefined || !fileLimit ? [] : [openFiles / fileLimit],
    );
    const room = limit === undefined ? undefined : limit * nginx.workers.length;
    return {
      ok: true,
      detail: `master ${nginx.master.pid}, ${nginx.workers.length} workers`,
      readings: [
        { metric: 'nginx.workers', value: nginx.workers.length },
        ...(room && status ? [{ metric: 'nginx.connections.used_ratio', value: status.active / room }] : []),
        ...(shares.length > 0 ? [{ metric: 'nginx.files.used_ratio', value: Math.max(...shares) }] : []),
      ],
      missing: [
        ...(limit === undefined
          ? [
              {
                metrics: ['nginx.connections.used_ratio'],
                reason: 'worker_connections is not known',
                remedy: 'config: /etc/nginx/nginx.conf',
              },
            ]
          : []),
        ...(shares.length === 0
          ? [
              {
                metrics: ['nginx.files.used_ratio'],
                reason: 'open files of another user are not seen',
                remedy: 'run Upkeep as root or as the user of the workers',
              },
            ]
          : []),
      ],
    };
  },
};
