import { stringify } from 'yaml';
import type { DemoApi } from './api-process.ts';

export interface Described {
  readonly webPort: number | null;
  readonly api: DemoApi;
  readonly databaseUrl: string;
  readonly redisUrl: string | null;
  readonly ca: string | null;
}

const every = '1s';

/** The `upkeep.yaml` that watches the stack. It holds the passwords of the stack's own servers. */
export function configurationOf(stack: Described): string {
  const { api, webPort, redisUrl, ca } = stack;
  const below = ['db', ...(redisUrl === null ? [] : ['cache'])];
  const targets = {
    ...(webPort === null
      ? {}
      : { web: { system: 'http', url: `http://127.0.0.1:${webPort}/health`, every, dependsOn: ['api'] } }),
    api: {
      system: 'http',
      url: `http://127.0.0.1:${api.port}/health`,
      every,
      dependsOn: [...below, 'api-process'],
    },
    'api-process': {
      system: 'process',
      pidFile: api.pidFile,
      start: [...api.argv],
      cwd: api.folder,
      log: api.log,
      every,
    },
    db: { system: 'postgres', url: stack.databaseUrl, every },
    ...(redisUrl === null ? {} : { cache: { system: 'redis', url: redisUrl, role: 'store', every } }),
    ...(ca === null || api.tlsPort === null
      ? {}
      : {
          certificate: {
            system: 'tls',
            host: '127.0.0.1',
            port: api.tlsPort,
            ca,
            every,
            dependsOn: ['api-process'],
          },
        }),
  };
  const settings = {
    name: 'demo',
    severities: 'sev',
    targets,
    services: {
      shop: {
        targets: webPort === null ? ['api'] : ['web', 'api'],
        dependsOn: below,
        slo: { availability: '99.9%', latency: { p95: '500ms' } },
      },
    },
    // Half of the defaults' patience: nobody watches a demo for minutes.
    rules: {
      'postgres.blocked-sessions': { for: '6s', clearFor: '5s' },
      'postgres.connections': { for: '5s', clearFor: '5s' },
      'redis.out-of-memory': { increase: '5s', clearFor: '3s' },
      'redis.memory': { clearFor: '3s' },
      'redis.memory-full': { clearFor: '3s' },
      // A few faults burn the budget of a month: its alert would outlast each of them and mix into what comes next.
      'slo.burn-rate': { enabled: false },
      // Everything here is thrown away at the end: that nothing outlives a restart is no news beside a fault.
      'redis.volatile': { enabled: false },
    },
    notify: { terminal: { notifier: 'console' } },
    guard: {
      always: [
        'postgres.terminate-backend on db',
        'postgres.terminate-idle on db',
        'process.start on api-process',
        'process.restart on api-process',
        'process.resume on api-process',
      ],
      budgets: { perTargetPerHour: 60, perIncident: 20, perDay: 200 },
    },
    // Each fault that is played is an incident of its own.
    incidents: { recoverFor: '5s', reopenWithin: '0s' },
  };
  const head = '# The stack of `upkeep demo`, made anew at each start.';
  return `${head}\n${stringify(settings, { lineWidth: 0 })}`;
}
